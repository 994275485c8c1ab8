internal import Encoding
internal import HTTPWire

/// The head of one part.
struct FormPartHead: Sendable {
    /// The field's name, lower case.
    private(set) var name: String?
    /// The file's name as sent, where there is one.
    private(set) var fileName: [UInt8]?

    /// Takes a line without its end; `false` where it isn't what a part's head may have.
    mutating func take(_ line: Span<UInt8>) -> Bool {
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        guard colon < line.count, HTTPFieldRules.isName(line.extracting(0..<colon)),
            HTTPFieldRules.isValue(line),
            let label = String(utf8: line.extracting(0..<colon))?.lowercased()
        else { return false }
        let value = line.extracting(droppingFirst: colon + 1)
        switch label {
        case "content-disposition":
            guard name == nil, let parameters = FormParameters(value),
                parameters.value == "form-data", let bytes = parameters["name"], !bytes.isEmpty,
                let text = String(utf8: bytes)
            else { return false }
            name = text.lowercased()
            fileName = parameters["filename"]
            return true
        case "content-transfer-encoding":
            return ["binary", "7bit", "8bit"].contains(FormParameters(value)?.value)
        default: return true
        }
    }
}
