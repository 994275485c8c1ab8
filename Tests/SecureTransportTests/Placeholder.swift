import Testing

@testable import SecureTransport
