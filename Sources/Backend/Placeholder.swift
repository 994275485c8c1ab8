enum BackendPlaceholder {}
