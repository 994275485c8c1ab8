internal import Encoding
public import HTTPWire

/// What a request of the admin API does, and to which key: what it must be allowed to do.
public struct KMSAdminSubject: Equatable, Sendable {
    /// What it does, in the terms of policies.
    public enum Action: String, CaseIterable, Sendable {
        /// A scheduled deletion is taken back.
        case cancelKeyDeletion = "CancelKeyDeletion"
        /// The service is configured, started or stopped, or its cache cleared.
        case configureService = "ConfigureService"
        /// A key is made.
        case createKey = "CreateKey"
        /// A key is described.
        case describeKey = "DescribeKey"
        /// A key is disabled.
        case disableKey = "DisableKey"
        /// A key is enabled.
        case enableKey = "EnableKey"
        /// A data key is made under it.
        case generateDataKey = "GenerateDataKey"
        /// What keys serve is counted.
        case getUsage = "GetUsage"
        /// The service is looked at.
        case getStatus = "GetStatus"
        /// Keys are listed.
        case listKeys = "ListKeys"
        /// Wrapped keys are wrapped anew.
        case rewrapKeys = "RewrapKeys"
        /// A key gets a new version.
        case rotateKey = "RotateKey"
        /// A key's deletion is scheduled.
        case scheduleKeyDeletion = "ScheduleKeyDeletion"
        /// A key gets labels.
        case tagResource = "TagResource"
        /// A key loses labels.
        case untagResource = "UntagResource"
        /// A key's description is replaced.
        case updateKeyDescription = "UpdateKeyDescription"
    }

    /// What it does.
    public var action: Action
    /// The key that it names; `nil` where it names none.
    public var keyID: String?

    private static let changes: [String: Action] = [
        "/keys": .createKey, "/keys/cancel-deletion": .cancelKeyDeletion,
        "/keys/disable": .disableKey, "/keys/enable": .enableKey, "/keys/rotate": .rotateKey,
        "/keys/tag": .tagResource, "/keys/untag": .untagResource,
        "/keys/update-description": .updateKeyDescription, "/generate-data-key": .generateDataKey,
        "/rewrap": .rewrapKeys, "/configure": .configureService, "/start": .configureService,
        "/reconfigure": .configureService, "/stop": .configureService,
        "/clear-cache": .configureService,
    ]

    private static let looks: [String: Action] = [
        "/keys": .listKeys, "/status": .getStatus, "/service-status": .getStatus,
        "/config": .getStatus, "/usage": .getUsage,
    ]

    /// What a request does; `nil` for one that the API doesn't have.
    ///
    /// - Parameters:
    ///   - method: the request's method.
    ///   - path: what `KMSAdmin.route` gave.
    ///   - body: the whole body.
    public init?(_ method: HTTPMethod, path: String, body: [UInt8]) {
        switch method {
        case .post:
            guard let action = Self.changes[path] else { return nil }
            self.action = action
        case .delete:
            guard path == "/keys/delete" else { return nil }
            action = .scheduleKeyDeletion
        case .get:
            if let action = Self.looks[path] {
                self.action = action
                return
            }
            if path.hasPrefix("/rewrap/") {
                action = .getUsage
                return
            }
            guard path.hasPrefix("/keys/") else { return nil }
            action = .describeKey
            keyID = String(path.dropFirst("/keys/".count))
            return
        default: return nil
        }
        let limits = JSONLimits(sizeMax: KMSAdmin.bodyCountMax)
        let members = (try? JSONValue(reading: body, limits: limits))?.object ?? []
        // The first, as everywhere: a second one is refused where the body is read.
        keyID = members.first { $0.name == "key_id" || $0.name == "KeyId" }?.value.string
    }
}
