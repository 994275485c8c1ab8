enum S3WirePlaceholder {}
