/// Runs a parser over `input` whole and cut at every place, and compares what it says.
///
/// Inputs of up to `exhaustiveMax` bytes are cut in two at each place and given a byte at a time;
/// longer ones at `seed`'s places.
///
/// - Parameters:
///   - input: the bytes.
///   - seed: where longer inputs are cut.
///   - exhaustiveMax: up to how many bytes every place is tried.
///   - run: feeds a fresh parser the pieces in turn and gives its findings.
/// - Returns: the cuts whose findings differ from those of the whole input; none is right.
public func verifyFraming<Findings: Equatable>(
    _ input: [UInt8],
    seed: UInt64 = 1,
    exhaustiveMax: Int = 512,
    _ run: ([[UInt8]]) -> Findings
) -> [[Int]] {
    let expected = run([input])
    var cuts: [[Int]] = []
    if input.count <= exhaustiveMax {
        cuts = input.indices.dropFirst().map { [$0] }
        cuts.append(Array(input.indices.dropFirst()))
    } else {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let places = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                Int.random(in: 1..<input.count, using: &random)
            }
            cuts.append(Array(Set(places)).sorted())
        }
    }
    return cuts.filter { places in
        let starts = [0] + places
        let ends = places + [input.count]
        return run(zip(starts, ends).map { Array(input[$0..<$1]) }) != expected
    }
}
