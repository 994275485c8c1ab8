import Policy
import S3Wire

/// What was set for a bucket; most have nothing.
final class BucketSettings: Sendable {
    /// Those of a bucket for which nothing was set.
    static let none = BucketSettings()

    private let encryptionSetting: BucketSetting<BucketEncryption>
    private let policySetting: BucketSetting<BucketPolicy>
    private let corsSetting: BucketSetting<CORSConfiguration>

    init(
        encryption: BucketSetting<BucketEncryption> = .absent,
        policy: BucketSetting<BucketPolicy> = .absent,
        cors: BucketSetting<CORSConfiguration> = .absent
    ) {
        encryptionSetting = encryption
        policySetting = policy
        corsSetting = cors
    }

    /// Whether nothing was set, not even what can't be read.
    var isEmpty: Bool {
        encryptionSetting.isAbsent && policySetting.isAbsent && corsSetting.isAbsent
    }

    /// How objects are encrypted where the request doesn't say, and what is refused.
    ///
    /// - Throws: `InternalError` where the record doesn't open: nothing is written then.
    func encryption() throws(S3Error) -> BucketEncryption? { try encryptionSetting.value() }

    /// Who may do what.
    ///
    /// - Throws: `InternalError` where the record doesn't open: nobody may do anything then.
    func policy() throws(S3Error) -> BucketPolicy? { try policySetting.value() }

    /// Which pages of other origins browsers let at the bucket.
    ///
    /// - Throws: `InternalError` where the record doesn't open: no page is let at it then.
    func cors() throws(S3Error) -> CORSConfiguration? { try corsSetting.value() }
}

/// A bucket's policy, and its text as it was set.
struct BucketPolicy: Sendable {
    let document: PolicyDocument
    let json: [UInt8]

    /// - Throws: `MalformedPolicy` with what is wrong.
    init(json: [UInt8], bucket: String) throws(S3Error) {
        do throws(PolicyError) {
            document = try PolicyDocument(json: json, of: .bucket(bucket))
        } catch {
            throw S3Error(.malformedPolicy, error.explanation)
        }
        self.json = json
    }
}

/// One setting as it was found.
enum BucketSetting<Value: Sendable>: Sendable {
    /// Nothing was set.
    case absent
    /// There is a record that can't be used, and why: not the same as none.
    case broken(String)
    /// What was set.
    case set(Value)

    var isAbsent: Bool { if case .absent = self { true } else { false } }

    /// - Throws: `InternalError` where the record can't be used.
    func value() throws(S3Error) -> Value? {
        switch self {
        case .absent: return nil
        case .set(let value): return value
        case .broken(let reason):
            var error = S3Error(.internalError)
            error.reason = reason
            throw error
        }
    }
}

/// The settings that have a record each.
enum BucketSettingKind: String, CaseIterable, Sendable {
    /// PutBucketCors's document.
    case cors
    /// PutBucketEncryption's document.
    case encryption
    /// PutBucketPolicy's document.
    case policy

    /// The record's name in the store's reserved namespace.
    func recordName(bucket: String) -> String { "bs/\(bucket)/\(rawValue)" }
}
