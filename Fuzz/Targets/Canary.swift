/// Traps on one input: a fuzzer that doesn't find it finds nothing.
@Sendable
func fuzzCanary(_ input: inout FuzzInput) {
    let bytes = input.rest()
    guard bytes.count >= 4, bytes[0] == UInt8(ascii: "s"), bytes[1] == UInt8(ascii: "e"),
        bytes[2] == UInt8(ascii: "a"), bytes[3] == UInt8(ascii: "l")
    else { return }
    preconditionFailure("the canary was found")
}
