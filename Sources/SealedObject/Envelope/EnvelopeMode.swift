/// Who holds the key that wraps an object's key: the envelope's mode byte.
public enum EnvelopeMode: UInt8, CaseIterable, Sendable {
    /// SSE-S3: a bucket key of the deployment.
    case s3 = 1
    /// SSE-KMS: a KMS key that the request or the bucket names.
    case kms = 2
    /// SSE-C: the client.
    case customer = 3
}
