internal import Encoding
internal import HTTPWire
internal import Synchronization

/// Requests to Vault or OpenBao as Sealgate, with a token that is kept good.
///
/// Nothing runs by itself: the call that finds the token old renews it, and the checks of
/// readiness, every few seconds, see to it that there is such a call.
final class VaultSession: Sendable {
    private enum Work: Hashable, Sendable {
        case check(VaultToken)
        case logIn
    }

    private let settings: VaultSettings
    private let transport: any KMSTransport
    private let now: @Sendable () -> Timestamp
    private let tokens = Mutex(VaultTokens())
    /// Callers who need the same login share one; its value is the token to go on with.
    private let shared = Coalescer<Work, VaultToken>()

    init(
        _ settings: VaultSettings,
        _ transport: any KMSTransport,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.settings = settings
        self.transport = transport
        self.now = now
    }

    var tokenExpiresInSeconds: Int64? { tokens.withLock { $0.expiresInSeconds(now: now()) } }

    func retire() { transport.retire() }

    /// Sends a request below `/v1/`, again once with a new token where the old one is dead.
    ///
    /// - Throws: what the transport throws, `.accessDenied`, and what logging in fails with.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: JSONValue? = nil
    ) async throws(KMSError) -> VaultReply {
        let token = try await token()
        let reply = try await perform(method, path, body, token)
        guard reply.status == 403 else { return reply }
        let next = try await replacement(for: token)
        return try await perform(method, path, body, next)
    }

    private func token() async throws(KMSError) -> VaultToken {
        let time = now()
        switch tokens.withLock({ $0.step(now: time) }) {
        case .logIn: return try await sharedLogin()
        case .refresh(let token, let isRenewable):
            await refresh(token, isRenewable)
            // Whatever became of it: the old one is good for a while.
            return tokens.withLock { tokens in
                if case .use(let newer) = tokens.step(now: time) { newer } else { token }
            }
        case .use(let token): return token
        }
    }

    /// Renews a token that is good still; a failure leaves it, and the next call tries again.
    private func refresh(_ token: VaultToken, _ isRenewable: Bool) async {
        do throws(KMSError) {
            guard isRenewable else {
                _ = try await sharedLogin()
                return
            }
            let reply = try await perform(.post, "auth/token/renew-self", .object([]), token)
            if reply.isSuccess {
                let grant = try grant(reply)
                tokens.withLock { $0.renewed(grant, now: now()) }
            } else if (400..<500).contains(reply.status) {
                tokens.withLock { $0.renewalRefused(token) }
            }
        } catch {
            // Told by the calls that follow, should it last.
        }
    }

    /// A token in place of one that a call was refused with.
    ///
    /// - Throws: `.accessDenied` where the token is good: a policy says no.
    private func replacement(for token: VaultToken) async throws(KMSError) -> VaultToken {
        guard !tokens.withLock({ $0.isProved(token, now: now()) }) else { throw .accessDenied }
        return try await shared.run(.check(token)) { () async throws(KMSError) in
            if self.tokens.withLock({ $0.isCurrent(token) }) {
                // Vault answers a dead token and a policy's no alike.
                let reply = try await self.perform(.get, "auth/token/lookup-self", nil, token)
                guard reply.status == 403 else {
                    try reply.requireSuccess()
                    self.tokens.withLock { $0.proved(token, now: self.now()) }
                    throw .accessDenied
                }
                self.tokens.withLock { $0.refused(token) }
            }
            return try await self.token()
        }
    }

    private func sharedLogin() async throws(KMSError) -> VaultToken {
        try await shared.run(.logIn) { () async throws(KMSError) in
            let time = self.now()
            try self.tokens.withLock { (tokens) throws(KMSError) in
                try tokens.beginLogin(now: time)
            }
            do throws(KMSError) {
                let grant = try await self.logIn()
                self.tokens.withLock { $0.loggedIn(grant, now: self.now()) }
                return grant.token
            } catch {
                self.tokens.withLock { $0.loginFailed(error) }
                throw error
            }
        }
    }

    private func logIn() async throws(KMSError) -> VaultGrant {
        let reply: VaultReply
        switch settings.authentication {
        case .token(let secret):
            let token = VaultToken(text: try secret.text())
            return try own(try await perform(.get, "auth/token/lookup-self", nil, token), token)
        case .appRole(let roleID, let secretID, let mount):
            reply = try await perform(
                .post,
                "auth/\(mount)/login",
                ["role_id": .string(roleID), "secret_id": .string(try secretID.text())]
            )
        case .certificate(let role, let mount):
            let body = role.map { [JSONMember("name", .string($0))] } ?? []
            reply = try await perform(.post, "auth/\(mount)/login", .object(body))
        case .kubernetes(let role, let token, let mount):
            reply = try await perform(
                .post,
                "auth/\(mount)/login",
                ["role": .string(role), "jwt": .string(try token.text())]
            )
        }
        // A wrong role or secret is 400.
        if reply.status == 400 { throw .accessDenied }
        try reply.requireSuccess()
        return try grant(reply)
    }

    private func grant(_ reply: VaultReply) throws(KMSError) -> VaultGrant {
        guard let text = reply.auth?["client_token"]?.string, !text.isEmpty,
            text.utf8Span.span.isVisible,
            let lifetime = reply.auth?["lease_duration"]?.integer
        else { throw VaultReply.incomplete("auth") }
        return VaultGrant(
            token: VaultToken(text: text),
            lifetimeSeconds: lifetime,
            isRenewable: reply.auth?["renewable"]?.boolean ?? false
        )
    }

    /// What the server says of a token that was given to Sealgate.
    private func own(_ reply: VaultReply, _ token: VaultToken) throws(KMSError) -> VaultGrant {
        try reply.requireSuccess()
        return VaultGrant(
            token: token,
            lifetimeSeconds: try reply.number("ttl"),
            isRenewable: reply.data?["renewable"]?.boolean ?? false
        )
    }

    private func perform(
        _ method: HTTPMethod,
        _ path: String,
        _ body: JSONValue?,
        _ token: VaultToken? = nil
    ) async throws(KMSError) -> VaultReply {
        var request = KMSRequest(method, "/v1/" + path, body: body?.encode() ?? [])
        if body != nil { request.fields.append("content-type", "application/json") }
        if let token { request.fields.append("x-vault-token", token.text) }
        if let namespace = settings.namespace {
            request.fields.append("x-vault-namespace", namespace)
        }
        // Vault answers only requests that no browser makes by accident.
        request.fields.append("x-vault-request", "true")
        return VaultReply(try await transport.send(request))
    }
}
