package slash32.overlay.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import slash32.net.InterfaceName;
import slash32.netlink.netfilter.NftRule;

/// The rules of the admin network: its addresses speak to each other alone, each at its own node, and never BGP.
final class AdminRules {
    /// What leaves, by whatever interface.
    static final String SEND = "admin_send";

    /// What comes in, by whatever interface.
    static final String TAKE = "admin_take";

    /// Not between two nodes that have such addresses.
    static final String ADMIN = "admin";

    /// BGP, BFD, tunnels.
    static final String ADMIN_BARRED = "admin-barred";

    private static final Way LOOPBACK = new Way.Device(new InterfaceName("lo"));

    /// Errors: unreachable (too big among them), time exceeded, parameter problem.
    private static final List<Integer> OF_ROUTERS = List.of(3, 11, 12);

    private AdminRules() {}

    /// What has packets of the network judged by {@code judge}.
    static List<NftRule> to(String judge, GuardTerms terms, String chain) {
        GuardTerms.Admin admin = terms.admin();
        return admin == null
                ? List.of()
                : List.of(
                        new Clause().sourceWithin(admin.network()).jump(chain, judge),
                        new Clause().destinationWithin(admin.network()).jump(chain, judge));
    }

    static List<NftRule> send(GuardTerms terms) {
        GuardTerms.Admin admin = terms.admin();
        if (admin == null) {
            return List.of();
        }
        var rules = new ArrayList<NftRule>();
        rules.add(new Clause().to(LOOPBACK).goBack(SEND));
        barred(admin, SEND, rules);
        rules.add(new Clause().notSource(admin.address()).drop(SEND, ADMIN));
        rules.add(new Clause().destinationIn(GuardRules.ADMINS, true).goBack(SEND));
        rules.add(new Clause()
                .to(terms.way())
                .destinationIn(GuardRules.ADMINS_ELSEWHERE, true)
                .goBack(SEND));
        for (Inside inside : terms.inside()) {
            rules.add(new Clause()
                    .to(inside)
                    .destinationIn(GuardRules.ADMINS_ELSEWHERE, true)
                    .goBack(SEND));
        }
        if (terms.way() instanceof Way.KernelIpsec) {
            rules.add(new Clause()
                    .sealedByRoute()
                    .destinationIn(GuardRules.ADMINS_ELSEWHERE, true)
                    .goBack(SEND));
        }
        rules.add(new Clause().destinationIn(GuardRules.ADMINS_ELSEWHERE, true).drop(SEND, GuardRules.PLAIN));
        rules.add(new Clause().drop(SEND, ADMIN));
        return rules;
    }

    static List<NftRule> take(GuardTerms terms) {
        GuardTerms.Admin admin = terms.admin();
        if (admin == null) {
            return List.of();
        }
        var rules = new ArrayList<NftRule>();
        rules.add(new Clause().from(LOOPBACK).goBack(TAKE));
        barred(admin, TAKE, rules);
        rules.add(new Clause().notDestination(admin.address()).drop(TAKE, ADMIN)); // nothing is passed on
        rules.add(new Clause().sourceIn(GuardRules.ADMINS, true).goBack(TAKE));
        rules.add(new Clause()
                .from(terms.way())
                .sourceIn(GuardRules.ADMINS_ELSEWHERE, true)
                .goBack(TAKE));
        for (Inside inside : terms.inside()) {
            rules.add(new Clause()
                    .from(inside)
                    .sourceIn(GuardRules.ADMINS_ELSEWHERE, true)
                    .goBack(TAKE));
        }
        rules.add(new Clause().sourceIn(GuardRules.ADMINS_ELSEWHERE, true).drop(TAKE, GuardRules.PLAIN));
        OF_ROUTERS.forEach(type -> rules.add(new Clause().icmp(type).goBack(TAKE)));
        rules.add(new Clause().drop(TAKE, ADMIN));
        return rules;
    }

    /// BGP in both directions, BFD, and tunnels, which have a way of their own.
    private static void barred(GuardTerms.Admin admin, String chain, List<NftRule> rules) {
        for (int port : new TreeSet<>(admin.tcpPorts())) {
            rules.add(new Clause().port(Clause.TCP, port).drop(chain, ADMIN_BARRED));
            rules.add(new Clause().sourcePort(Clause.TCP, port).drop(chain, ADMIN_BARRED));
        }
        for (int port : new TreeSet<>(admin.udpPorts())) {
            rules.add(new Clause().port(Clause.UDP, port).drop(chain, ADMIN_BARRED));
        }
        for (int protocol : GuardRules.PLAIN_TUNNELS) {
            rules.add(new Clause().protocol(protocol).drop(chain, ADMIN_BARRED));
        }
    }
}
