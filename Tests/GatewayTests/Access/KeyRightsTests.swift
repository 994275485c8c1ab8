import KMS
import Policy
import Testing

@testable import Gateway

@Suite("Rights on keys in the gateway")
struct KeyRightsTests {
    @Test("each action of the admin API has one that policies name")
    func actions() {
        for action in KMSAdminSubject.Action.allCases {
            #expect(PolicyAction(action) != nil, "\(action)")
        }
    }

    @Test("who administers keys can't use them, who uses them can't change them")
    func roles() {
        let use: Set<PolicyAction> = [.decrypt, .generateDataKey]
        let all = Set(PolicyAction.allCases.filter { $0.service == .kms })
        #expect(Set(KeyRole.keyAdministrator.actions) == all.subtracting(use))
        #expect(Set(KeyRole.keyUser.actions) == use.union([.describeKey]))
        #expect(
            Set(KeyRole.auditor.actions) == [.describeKey, .getStatus, .getUsage, .listKeys]
        )
    }
}
