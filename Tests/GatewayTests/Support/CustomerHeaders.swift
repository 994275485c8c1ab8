import Crypto
import Encoding

/// The headers of customers' keys.
enum CustomerHeaders {
    static let secretNames = [
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5",
    ]

    static func key(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    static func digest(_ number: UInt8) -> String {
        Base64.encode(HashFunction.md5.digest(key(number)))
    }

    static func fields(_ number: UInt8) -> [(String, String)] {
        [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", Base64.encode(key(number))),
            ("x-amz-server-side-encryption-customer-key-md5", digest(number)),
        ]
    }
}
