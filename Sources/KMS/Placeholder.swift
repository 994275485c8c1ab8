enum KMSPlaceholder {}
