import Testing

@testable import S3Wire
