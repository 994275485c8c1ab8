import Testing

@testable import SealedObject
