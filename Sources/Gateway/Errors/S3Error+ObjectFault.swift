import S3Wire

extension S3Error {
    /// What a client hears of something stored that can't be used; why goes to the log.
    init(_ fault: ObjectFault) {
        self.init(.internalError)
        reason = fault.reason
    }
}
