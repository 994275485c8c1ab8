enum SecureTransportPlaceholder {}
