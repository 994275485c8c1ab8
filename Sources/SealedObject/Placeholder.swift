enum SealedObjectPlaceholder {}
