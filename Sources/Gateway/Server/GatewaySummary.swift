import Crypto
import Daemon
import KMS

/// The dozen lines that a start prints; no secrets.
enum GatewaySummary {
    static func text(
        _ settings: Settings,
        listeners: (s3: String, admin: String),
        certificate: String,
        cryptography: String,
        hardening: ProcessHardening,
        version: String
    ) -> String {
        var summary = StartSummary("sealgate \(version)")
        summary.add("S3", "\(listeners.s3) (HTTP/2, HTTP/1.1, TLS 1.3 and 1.2)")
        summary.add("admin", "\(listeners.admin) (/kms/, /metrics, /health/ready)")
        summary.add("certificate", "SHA-256 \(certificate)")
        summary.add("cryptography", cryptography)
        if let target = try? StoreTarget(settings) { summary.add("store", target.description) }
        summary.add("default", settings[GatewaySettings.defaultMode])
        summary.add(
            "KMS",
            "\(settings[GatewayKMSSettings.backendType]), default key "
                + settings[GatewayKMSSettings.defaultKeyID]
        )
        summary.add("compatibility", settings[GatewaySettings.compatibility].rawValue)
        summary.add("credentials", "\(settings[GatewaySettings.credentials].count)")
        summary.add("audit", settings[AuditSettings.file] ?? "off (set audit.file)")
        summary.add(
            "memory",
            (SecretHeap.isLocked ? "keys locked" : "keys NOT locked: raise ulimit -l") + ", "
                + hardening.summary
        )
        summary.add("docs", "docs/guides/sse.md, docs/security-model.md")
        return summary.text
    }
}
