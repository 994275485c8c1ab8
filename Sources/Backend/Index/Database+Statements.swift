internal import Foundation
internal import GRDB
internal import S3Wire

/// Statements that are compiled once a connection, with the store's errors.
extension Database {
    /// Runs a statement without result.
    func run(_ sql: String, _ arguments: StatementArguments = []) throws(StoreError) {
        do {
            try cachedStatement(sql: sql).execute(arguments: arguments)
        } catch {
            throw StoreError(index: error)
        }
    }

    /// The first row of a query, decoded; `nil` without one.
    func first<Value>(
        _ sql: String,
        _ arguments: StatementArguments = [],
        _ decode: (Row) throws -> Value
    ) throws(StoreError) -> Value? {
        do {
            let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
            return try rows.next().map(decode)
        } catch {
            throw StoreError(index: error)
        }
    }

    /// Every row of a query, decoded.
    func all<Value>(
        _ sql: String,
        _ arguments: StatementArguments = [],
        _ decode: (Row) throws -> Value
    ) throws(StoreError) -> [Value] {
        var values: [Value] = []
        try forEach(sql, arguments) { row in
            values.append(try decode(row))
            return true
        }
        return values
    }

    /// Calls `visit` with each row until it answers `false`.
    func forEach(
        _ sql: String,
        _ arguments: StatementArguments = [],
        _ visit: (Row) throws -> Bool
    ) throws(StoreError) {
        do {
            let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
            while let row = try rows.next() {
                guard try visit(row) else { return }
            }
        } catch {
            throw StoreError(index: error)
        }
    }
}

extension Row {
    func integer(_ index: Int) throws -> Int64 { try decode(Int64.self, atIndex: index) }

    func text(_ index: Int) throws -> String { try decode(String.self, atIndex: index) }

    func optionalText(_ index: Int) throws -> String? {
        try decode(String?.self, atIndex: index)
    }

    func bytes(_ index: Int) throws -> [UInt8] {
        Array(try decode(Data.self, atIndex: index))
    }

    func optionalBytes(_ index: Int) throws -> [UInt8]? {
        try decode(Data?.self, atIndex: index).map { Array($0) }
    }

    func flag(_ index: Int) throws -> Bool { try integer(index) != 0 }

    /// A bucket's state from its column.
    func versioning(_ index: Int) throws -> BucketVersioning {
        let code = try integer(index)
        guard let state = BucketVersioning.allCases.first(where: { $0.code == code }) else {
            throw StoreError.diskRefused("index: unknown state of a bucket")
        }
        return state
    }

    /// A body's place from its columns; `owner` is the id that inline and composite ones go by.
    func location(storage: Int, file: Int, owner: Int64) throws -> BodyLocation {
        switch try integer(storage) {
        case 0: return .empty
        case 1: return .inline(id: owner)
        case 2:
            guard let id = FileID(bytes: try bytes(file)) else {
                throw StoreError.diskRefused("index: file name of a wrong length")
            }
            return .file(id)
        case 3: return .composite(version: owner)
        case 4: return .deleteMarker
        default: throw StoreError.diskRefused("index: unknown storage")
        }
    }
}

extension BucketVersioning {
    /// The value of the column `versioning`.
    var code: Int64 {
        switch self {
        case .unversioned: 0
        case .enabled: 1
        case .suspended: 2
        }
    }
}

extension BodyLocation {
    /// The value of the column `storage`.
    var storageCode: Int {
        switch self {
        case .empty: 0
        case .inline: 1
        case .file: 2
        case .composite: 3
        case .deleteMarker: 4
        }
    }

    /// The value of the column `file`.
    var fileColumn: Data? {
        if case .file(let id) = self { return Data(id.bytes) }
        return nil
    }

    /// The value of the column `body`.
    var bodyColumn: Int64? {
        if case .inline(let id) = self { return id }
        return nil
    }
}
