internal import Encoding

/// What a signing key is good for: one day, one region, one service.
public struct SigV4Scope: Hashable, Sendable {
    /// The day in UTC, eight digits: `20130524`.
    public var date: String
    /// The region: `us-east-1`.
    public var region: String
    /// The service: `s3`.
    public var service: String

    /// A scope from its parts.
    public init(date: String, region: String, service: String) {
        self.date = date
        self.region = region
        self.service = service
    }

    /// `20130524/us-east-1/s3/aws4_request`.
    public var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(date.utf8.span)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(region.utf8.span)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(service.utf8.span)
        bytes.append("/aws4_request".utf8.span)
    }
}
