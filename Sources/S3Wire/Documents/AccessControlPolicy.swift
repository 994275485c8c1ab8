/// `AccessControlPolicy`: the answer of GetBucketAcl and GetObjectAcl, and the body of their PUTs.
public struct AccessControlPolicy: Equatable, Sendable {
    /// Who may do what.
    public struct Grant: Equatable, Sendable {
        /// The grantee's canonical id; `nil` for groups and addresses.
        public var granteeID: String?
        /// The permission, as `FULL_CONTROL`.
        public var permission: String

        /// A grant from its parts.
        public init(granteeID: String?, permission: String) {
            self.granteeID = granteeID
            self.permission = permission
        }
    }

    /// The owner.
    public var owner: Owner
    /// Who may do what.
    public var grants: [Grant]

    /// The policy that gives an owner alone full control.
    public init(owner: Owner) {
        self.owner = owner
        grants = [Grant(granteeID: owner.id, permission: "FULL_CONTROL")]
    }

    /// Whether it says that the owner, and nobody else, has full control.
    public var grantsOwnerAlone: Bool { self.grants == AccessControlPolicy(owner: owner).grants }
}

extension AccessControlPolicy: XMLWritable {
    /// Writes the root element with all that it holds; grants to groups are left out.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("AccessControlPolicy")
        owner.write(to: &writer)
        writer.open("AccessControlList")
        for grant in grants {
            guard let id = grant.granteeID else { continue }
            writer.open("Grant")
            writer.openGrantee()
            writer.element("ID", id)
            if id == owner.id { writer.optionalElement("DisplayName", owner.displayName) }
            writer.close("Grantee")
            writer.element("Permission", grant.permission)
            writer.close("Grant")
        }
        writer.close("AccessControlList")
        writer.close("AccessControlPolicy")
    }
}

extension AccessControlPolicy: XMLReadable {
    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        var owner: Owner?
        var grants: [Grant] = []
        try reader.root("AccessControlPolicy")
        while let name = try reader.child() {
            switch name {
            case "Owner": owner = try Owner(children: &reader)
            case "AccessControlList":
                while let member = try reader.child() {
                    guard member == "Grant" else { throw .elementUnexpected(member) }
                    grants.append(try Grant(children: &reader))
                }
            default: throw .elementUnexpected(name)
            }
        }
        self.owner = try XMLError.require(owner, "Owner")
        self.grants = grants
    }
}

extension AccessControlPolicy.Grant {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        var permission: String?
        self.init(granteeID: nil, permission: "")
        while let name = try reader.child() {
            switch name {
            case "Grantee":
                while let member = try reader.child() {
                    if member == "ID" {
                        granteeID = try reader.text()
                    } else {
                        try reader.skip()
                    }
                }
            case "Permission": permission = try reader.text()
            default: throw .elementUnexpected(name)
            }
        }
        self.permission = try XMLError.require(permission, "Permission")
    }
}
