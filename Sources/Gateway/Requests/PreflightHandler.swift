import HTTPWire
import S3Wire
import Transport

/// Answers a preflight: whether a page of another origin may send a request, by the bucket's rules.
///
/// Whether the request itself is then served is found out when it comes.
final class PreflightHandler: HTTPServerHandler {
    private let scope: RequestScope

    init(_ scope: RequestScope) {
        self.scope = scope
        scope.exchange.ignoreRequestBody()
        do throws(S3Error) {
            let request = try CORSRequest(preflight: scope.head.fields)
            // A bucket that isn't there has no rules either: strangers don't learn which are.
            guard let cors = try scope.settings.cors() else {
                throw CORSConfiguration.disabled(request)
            }
            scope.respond(status: 200, fields: try cors.preflight(request))
        } catch {
            scope.fail(error)
        }
    }

    func received(_ body: Span<UInt8>) { scope.exchange.consume(body.count) }
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() {}
    func closed(complete: Bool) { scope.finish(complete: complete) }
}
