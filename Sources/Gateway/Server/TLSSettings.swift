import Daemon
import SecureTransport

/// The TLS context of the settings.
enum TLSSettings {
    static func context(_ settings: Settings) throws(GatewayStartError) -> TLSServerContext {
        do throws(TLSError) {
            return try TLSServerContext(configuration(settings))
        } catch {
            throw GatewayStartError(error.description, hint: "see tls.* in the settings")
        }
    }

    static func configuration(_ settings: Settings) -> TLSServerContext.Configuration {
        let authorities = settings[GatewaySettings.clientCAFile]
        var asked = TLSServerContext.ClientCertificate.none
        if authorities != nil {
            let isRequired = settings[GatewaySettings.clientCertificate] == "required"
            asked = isRequired ? .required : .optional
        }
        return TLSServerContext.Configuration(
            certificateFile: settings[GatewaySettings.certificateFile],
            keyFile: settings[GatewaySettings.keyFile],
            clientCAFile: authorities,
            clientCertificate: asked,
            makesRecords: settings[CryptoSettings.accelerator] == "auto"
        )
    }
}
