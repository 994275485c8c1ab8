/// Why a record can't be taken or made; each ends the connection.
enum TLSRecordError: Error, Equatable, Sendable {
    /// The peer ended the connection by a fatal alert, RFC 8446 section 6.
    case alert(UInt8)
    /// A message inside a record isn't what its length says.
    case decodeError
    /// The record isn't authentic, or is too short to be.
    case badRecord
    /// A record of more than 16 KiB.
    case recordOverflow
    /// Too many records in a row that carry no data.
    case tooManyEmptyRecords
    /// A record or a message that has no place in an established connection.
    case unexpectedMessage
    /// OpenSSL failed, or a direction has sent all it may.
    case libraryFailure

    /// What the peer is told, RFC 8446 section 6.2; `nil` where it has ended the connection.
    var alert: TLSAlert? {
        switch self {
        case .alert: nil
        case .decodeError: .decodeError
        case .badRecord: .badRecordMAC
        case .recordOverflow: .recordOverflow
        case .tooManyEmptyRecords, .unexpectedMessage: .unexpectedMessage
        case .libraryFailure: .internalError
        }
    }

    /// What happened, in words for `TLSError.protocolFailed`.
    var reason: String {
        switch self {
        case .alert(let number): "the peer sent alert \(number)"
        case .decodeError: "a message inside a record is malformed"
        case .badRecord: "decryption failed or bad record mac"
        case .recordOverflow: "a record is too long"
        case .tooManyEmptyRecords: "too many records without data"
        case .unexpectedMessage: "unexpected message"
        case .libraryFailure: "OpenSSL failed"
        }
    }
}

/// The alerts that are sent and that are told apart, RFC 8446 section 6.
enum TLSAlert: UInt8 {
    case closeNotify = 0
    case unexpectedMessage = 10
    case badRecordMAC = 20
    case recordOverflow = 22
    case decodeError = 50
    case internalError = 80
    case userCanceled = 90

    /// The alert's message: its level, then its description.
    var message: [UInt8] {
        let isWarning = self == .closeNotify || self == .userCanceled
        return [isWarning ? 1 : 2, rawValue]
    }
}

/// What a record holds, RFC 8446 section 5.1.
enum TLSContentType: UInt8 {
    case alert = 21
    case handshake = 22
    case applicationData = 23
}
