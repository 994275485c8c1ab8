import Glibc

/// A target: takes an input apart and gives it to a core; what traps is a finding.
typealias FuzzTarget = @Sendable (inout FuzzInput) -> Void

private let targets: [String: FuzzTarget] = [
    "aws-chunked": fuzzAWSChunked,
    "canary": fuzzCanary,
    "envelope": fuzzEnvelope,
    "http1-request": fuzzHTTP1Request,
    "http1-response": fuzzHTTP1Response,
    "json": fuzzJSON,
    "key-record": fuzzKeyRecord,
    "part-table": fuzzPartTable,
    "s3-request": fuzzS3Request,
    "s3-xml": fuzzS3XML,
    "settings": fuzzSettings,
    "sigv4": fuzzSigV4,
    "sse-headers": fuzzSSEHeaders,
    "stream": fuzzStream,
]

private let chosen: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        print(targets.keys.sorted().joined(separator: "\n"))
        // The fuzzer ends the process without it.
        fflush(nil)
        exit(2)
    }
    return target
}()

/// The fuzzer's entry: one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
    var input = unsafe FuzzInput(Array(bytes))
    chosen(&input)
    return 0
}
