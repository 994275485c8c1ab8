import Encoding

/// JSON: what was read and is written again reads as the same.
@Sendable
func fuzzJSON(_ input: inout FuzzInput) {
    let bytes = input.rest()
    guard let value = try? JSONValue(reading: bytes) else { return }
    let limits = JSONLimits(sizeMax: .max)
    precondition((try? JSONValue(reading: value.encode(), limits: limits)) == value)
}
