internal import Encoding
public import HTTPWire

extension SSEPolicy {
    /// Checks GetObject, HeadObject and GetObjectAttributes of an object stored in `mode`.
    ///
    /// - Parameters:
    ///   - fields: the request's.
    ///   - transport: how it came.
    ///   - mode: how the object is encrypted.
    /// - Returns: the customer's key where the mode is SSE-C, else `nil`; whether it is the
    ///   object's key is still to be found out (`SSEError.wrongCustomerKeyOnRead`).
    /// - Throws: E14, E19, E20, E13, E11, E5...E10, E12 for a key that isn't 32 bytes.
    public func read(
        _ fields: HTTPFields,
        transport: SSETransport,
        stored mode: SSEMode
    ) throws(S3Error) -> CustomerKey? {
        for name in [SSEHeader.encryption, SSEHeader.keyID, SSEHeader.context] {
            if let value = Self.joined(name, in: fields) {
                throw SSEError.headerNotSupported(name: name, value: value)
            }
        }
        return try read(fields, names: .object, transport: transport, mode: mode)
    }

    /// Checks the source of CopyObject and UploadPartCopy, stored in `mode`.
    ///
    /// - Parameters:
    ///   - fields: the request's.
    ///   - transport: how it came.
    ///   - mode: how the source is encrypted.
    /// - Returns: as `read(_:transport:stored:)`.
    /// - Throws: E19, E20, E13, E11, E5...E10, E12.
    public func copySource(
        _ fields: HTTPFields,
        transport: SSETransport,
        stored mode: SSEMode
    ) throws(S3Error) -> CustomerKey? {
        try read(fields, names: .copySource, transport: transport, mode: mode)
    }

    /// Checks UploadPart, the part that UploadPartCopy makes, and CompleteMultipartUpload.
    ///
    /// Headers of a mode are ignored here: the mode was fixed when the upload was made.
    ///
    /// - Parameters:
    ///   - fields: the request's.
    ///   - transport: how it came.
    ///   - mode: how the upload is encrypted.
    /// - Returns: the customer's key where the mode is SSE-C, else `nil`; whether it is the
    ///   upload's key is still to be found out (`SSEError.wrongCustomerKeyOnPart`).
    /// - Throws: E19, E16, E5...E10.
    public func part(
        _ fields: HTTPFields,
        transport: SSETransport,
        upload mode: SSEMode
    ) throws(S3Error) -> CustomerKey? {
        let isPresent = SSEHeader.Customer.object.isPresent(in: fields)
        if isPresent { try requireSecure(transport) }
        guard isPresent == (mode == .customer) else { throw SSEError.partKeyMissing }
        guard isPresent else { return nil }
        return try customerKey(fields, names: .object, isWrite: true)
    }

    /// Checks an operation that has nothing to do with encryption, as a listing.
    ///
    /// - Throws: E15 where the request names a mode. A customer's key is not looked at.
    public func other(_ fields: HTTPFields) throws(S3Error) {
        guard let value = Self.joined(SSEHeader.encryption, in: fields) else { return }
        throw SSEError.headerNotSupported(name: SSEHeader.encryption, value: value)
    }

    private func read(
        _ fields: HTTPFields,
        names: SSEHeader.Customer,
        transport: SSETransport,
        mode: SSEMode
    ) throws(S3Error) -> CustomerKey? {
        let isPresent = names.isPresent(in: fields)
        if isPresent { try requireSecure(transport) }
        guard mode == .customer else {
            if mode == .sseKMS { try requireSecureForKMS(transport) }
            guard !isPresent else { throw SSEError.customerKeyNotApplicable }
            return nil
        }
        guard isPresent else { throw SSEError.customerKeyMissing }
        return try customerKey(fields, names: names, isWrite: false)
    }

    /// Reads and checks the three headers of a key, of which one at least is there.
    ///
    /// A key of another length is a wrong key on reads, and an invalid one on writes.
    func customerKey(
        _ fields: HTTPFields,
        names: SSEHeader.Customer,
        isWrite: Bool
    ) throws(S3Error) -> CustomerKey {
        guard let algorithm = Self.joined(names.algorithm, in: fields), !algorithm.isEmpty else {
            throw SSEError.algorithmMissing
        }
        guard algorithm == "AES256" else { throw SSEError.algorithmUnknown(algorithm) }
        guard let index = fields.firstIndex(of: names.key), !fields.valueBytes(at: index).isEmpty
        else { throw SSEError.keyMissing }
        guard fields.occurrences(of: names.key) == 1,
            var key = Base64.decode(fields.valueBytes(at: index))
        else { throw SSEError.keyInvalid }
        defer { CustomerKey.wipe(&key) }
        guard !isWrite || key.count == CustomerKey.byteCount else { throw SSEError.keyInvalid }
        guard let text = Self.joined(names.digest, in: fields), !text.isEmpty else {
            throw SSEError.digestMissing
        }
        let computed = digest(key.span)
        guard let given = decodeDigest(text), given == computed else {
            throw SSEError.digestMismatch(compatibility)
        }
        guard key.count == CustomerKey.byteCount else { throw SSEError.wrongCustomerKeyOnRead }
        return CustomerKey(copying: key, digest: Base64.encode(computed))
    }

    // 32 hexadecimal digits are base64 of 24 bytes too: never of an MD5, so both forms are told
    // apart by their length.
    private func decodeDigest(_ text: String) -> [UInt8]? {
        if compatibility.acceptsHexadecimalKeyDigest, text.utf8.count == 32,
            let digest = Hex.decode(text)
        {
            return digest
        }
        return Base64.decode(text)
    }
}
