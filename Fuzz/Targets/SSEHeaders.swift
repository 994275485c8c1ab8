import HTTPWire
import S3Wire

/// The headers of server-side encryption: no key is taken over a way that isn't secure.
@Sendable
func fuzzSSEHeaders(_ input: inout FuzzInput) {
    let choice = input.byte()
    let mode = SSEMode(rawValue: input.byte() & 3) ?? .none
    let fields = input.fields()
    let transport = SSETransport(
        isSecure: choice & 1 == 1,
        allowsInsecureKeys: choice & 2 == 2,
        isSignatureVersion4: choice & 4 == 4
    )
    let blocksKeys = choice & 12 == 4
    let mayCarryKeys = transport.isSecure || transport.allowsInsecureKeys
    let defaults: [SSEDefault?] = [nil, .sseS3, .sseKMS(keyID: "k", bucketKeyEnabled: true)]
    // A digest that the fuzzer can guess.
    let policy = SSEPolicy(
        compatibility: choice & 8 == 8 ? .aws : .rustfs,
        gatewayDefault: defaults[Int(choice >> 6) % 3]
    ) { _ in [UInt8](repeating: 0, count: 16) }
    do {
        let written = try policy.write(
            fields,
            transport: transport,
            bucketDefault: defaults[Int(choice >> 4 & 3) % 3],
            bucketBlocksCustomerKeys: blocksKeys
        )
        let mode = written.mode
        precondition(mode != .customer || mayCarryKeys && !blocksKeys, "a key is taken")
        precondition(mode != .sseKMS || mayCarryKeys && transport.isSignatureVersion4)
    } catch {}
    for read in [policy.read, policy.copySource, policy.part] {
        guard let key = try? read(fields, transport, mode) else { continue }
        precondition(mayCarryKeys && mode == .customer, "a key is taken")
        key.withBytes { precondition($0.count == CustomerKey.byteCount) }
    }
    _ = try? policy.other(fields)
}
