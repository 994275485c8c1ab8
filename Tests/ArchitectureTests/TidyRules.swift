/// Rules of style that a machine can see; each gives what breaks it.
enum TidyRules {
    static let lineCharactersMax = 100
    static let fileLinesMax = 400
    static let functionLinesMax = 70
    // Python has no line breaks that cost nothing, and its tests are read case by case.
    static let pythonLineCharactersMax = 120
    static let pythonFileLinesMax = 800

    private static let codeExtensions: Set<String> = ["swift", "c", "h", "py", "sh"]

    /// Files whose `Task { }` is argued there; everywhere else work belongs to a scope.
    static let taskAllowed: Set<String> = []

    /// Calls that sources may not have, each with what to do instead.
    static let bannedCalls: [(text: String, remedy: String)] = [
        ("try!", "throw or handle it"),
        ("fatalError(", "preconditionFailure for our own bugs, an error for all else"),
        ("as!", "as? with an answer for nil"),
    ]

    /// Too long lines of code and too long files.
    static func sizes(_ file: SourceFile) -> [Finding] {
        guard codeExtensions.contains(file.fileExtension) else { return [] }
        let isPython = file.fileExtension == "py"
        let lineCharactersMax = isPython ? pythonLineCharactersMax : lineCharactersMax
        let fileLinesMax = isPython ? pythonFileLinesMax : fileLinesMax
        var findings = file.lines.enumerated().compactMap { index, line -> Finding? in
            guard line.count > lineCharactersMax else { return nil }
            return Finding(
                path: file.path,
                line: index + 1,
                problem: "\(line.count) characters, at most \(lineCharactersMax)"
            )
        }
        let count = file.lines.count - 1
        if count > fileLinesMax {
            findings.append(
                Finding(path: file.path, problem: "\(count) lines, at most \(fileLinesMax)")
            )
        }
        return findings
    }

    /// Too long functions.
    static func functions(_ file: SourceFile) -> [Finding] {
        guard file.fileExtension == "swift" else { return [] }
        return SwiftText(file.text).functions.compactMap { function in
            guard function.lineCount > functionLinesMax else { return nil }
            return Finding(
                path: file.path,
                line: function.line,
                problem: "function of \(function.lineCount) lines, at most \(functionLinesMax)"
            )
        }
    }

    /// Banned calls in the code of Sources.
    static func calls(_ file: SourceFile) -> [Finding] {
        guard file.target != nil, file.fileExtension == "swift" else { return [] }
        return SwiftText(file.text).lines.enumerated().flatMap { index, line in
            bannedCalls.filter { holds(line, $0.text) }.map { call in
                Finding(
                    path: file.path,
                    line: index + 1,
                    problem: "\(call.text) is banned: \(call.remedy)"
                )
            }
        }
    }

    /// Unstructured tasks outside of the programs' main files and `taskAllowed`.
    static func tasks(_ file: SourceFile) -> [Finding] {
        guard let target = file.target, file.fileExtension == "swift", !target.hasSuffix("Main"),
            !taskAllowed.contains(file.path)
        else { return [] }
        return SwiftText(file.text).lines.enumerated().compactMap { index, line in
            let starts = ["Task {", "Task(", "Task.detached", "Task.immediate"]
            guard starts.contains(where: { holds(line, $0) }) else { return nil }
            return Finding(
                path: file.path,
                line: index + 1,
                problem: "a task without a scope: use a task group, or argue it in taskAllowed"
            )
        }
    }

    /// `@unchecked Sendable` without a comment in the lines before it.
    static func unchecked(_ file: SourceFile) -> [Finding] {
        guard file.fileExtension == "swift" else { return [] }
        let lines = file.lines
        return SwiftText(file.text).lines.enumerated().compactMap { index, line in
            guard line.contains("@unchecked Sendable"),
                !lines[max(0, index - 6)...index].contains(where: { $0.contains("//") })
            else { return nil }
            return Finding(
                path: file.path,
                line: index + 1,
                problem: "@unchecked Sendable without a comment that argues it"
            )
        }
    }

    /// Leftovers, and words that say where or how the text was written.
    static func words(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            bannedWords.filter { line.contains($0) }.map {
                Finding(path: file.path, line: index + 1, problem: "\"\($0)\" may not stand here")
            }
        }
    }

    // Put together, so that this file keeps its own rule.
    static let bannedWords = [
        "TO" + "DO", "FIX" + "ME", "X" + "XX:", "issue" + " #", "/wo" + "rk/", "/tmp" + "/w/",
    ]

    /// Whether `call` stands in the line, not as the end of a longer word.
    private static func holds(_ line: Substring, _ call: String) -> Bool {
        line.ranges(of: call).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && before != "_"
        }
    }
}
