package slash32.testkit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/// The layers of docs/architecture.md as checks. They stand here once and run in every module.
///
/// THINK ABOUT THE LAYERING BEFORE CHANGING THIS FILE: a rule in the way is nearly always a class in the wrong place.
public final class LayerRules {
    /// No sockets, threads, clock, randomness, files or logging.
    private static final String[] PURE = {
        "slash32.net",
        "slash32.reconcile",
        "slash32.netlink.message",
        "slash32.netlink.route",
        "slash32.netlink.netfilter",
        "slash32.netlink.xfrm",
        "slash32.bgp.wire",
        "slash32.bgp.session",
        "slash32.bgp.rib",
        "slash32.bgp.policy",
        "slash32.bgp.bfd",
        "slash32.bgp.bmp",
        "slash32.bgp.mrt",
        "slash32.bgp.exabgp",
        "slash32.bgp.exabgp.command",
        "slash32.tap.gateway",
        "slash32.tap.gateway.dhcp",
        "slash32.securitygroup",
        "slash32.securitygroup.compile",
        "slash32.overlay.choice",
        "slash32.overlay.evpn",
        "slash32.overlay.ike.wire",
        "slash32.overlay.ike.crypto",
        "slash32.overlay.ike.exchange",
        "slash32.overlay.esp",
        "slash32.overlay.esp.offload",
        "slash32.overlay.mesh",
        "slash32.overlay.probe",
        "slash32.agent.intent",
        "slash32.agent.status",
    };

    private static final String[] SHELLS = {"slash32.bgp.speaker..", "slash32.agent.api..", "slash32.agent.metrics.."};

    private static final List<ArchRule> RULES = List.of(
            noClasses()
                    .that()
                    .resideInAnyPackage(PURE)
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(
                            "java.nio.channels..",
                            "java.nio.file..",
                            "java.util.concurrent.locks..",
                            "org.slf4j..",
                            "io.netty.channel..",
                            "jnr..",
                            "io.prometheus.."))
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("java.lang.Thread")
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("java.util.Random")
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("java.io.File")
                    .orShould()
                    .callMethod(System.class, "nanoTime")
                    .orShould()
                    .callMethod(System.class, "currentTimeMillis")
                    .orShould()
                    .callMethod(java.time.Instant.class, "now")
                    .because("a pure package has no I/O, no clock, no threads and no randomness"),
            noClasses()
                    .that()
                    .resideOutsideOfPackage("slash32.netlink..")
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("jnr.."))
                    .because("netlink is the only module that knows jnr-ffi"),
            noClasses()
                    .that()
                    .resideOutsideOfPackages(SHELLS)
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("io.netty.channel.."))
                    .because("channels belong to the shells"),
            noClasses()
                    .that()
                    .resideOutsideOfPackages(SHELLS)
                    .and()
                    .resideOutsideOfPackages("slash32.bgp.wire..", "slash32.overlay.ike..")
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("io.netty.buffer.."))
                    .because("buffers belong to the shells and the wire packages"),
            noClasses()
                    .that()
                    .resideOutsideOfPackage("slash32.agent.metrics..")
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("io.prometheus.."))
                    .because("simpleclient is behind one package"),
            feature("slash32.bgp..", "slash32.tap..", "slash32.securitygroup..", "slash32.overlay.."),
            feature("slash32.tap..", "slash32.bgp..", "slash32.securitygroup..", "slash32.overlay.."),
            feature("slash32.securitygroup..", "slash32.bgp..", "slash32.tap..", "slash32.overlay.."),
            feature(
                    "slash32.overlay..",
                    "slash32.tap..",
                    "slash32.securitygroup..",
                    "slash32.bgp.session..",
                    "slash32.bgp.rib..",
                    "slash32.bgp.policy..",
                    "slash32.bgp.speaker.."),
            noClasses()
                    .that()
                    .resideOutsideOfPackages("slash32.agent..", "slash32.lab..", "slash32.bench..")
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("slash32.agent.."))
                    .because("nothing in a lower box calls an upper one"),
            classes()
                    .should()
                    .haveNameNotMatching(
                            ".*\\.[A-Za-z0-9]*(Impl|Manager|Util|Utils|Helper|Service|Processor|Data|Info)$")
                    .because("a class is a noun of the domain (docs/glossary.md)"));

    private LayerRules() {}

    private static ArchRule feature(String feature, String... others) {
        return noClasses()
                .that()
                .resideInAPackage(feature)
                .should()
                .dependOnClassesThat(resideInAnyPackage(others))
                .because("feature modules never see each other; only the agent names two at once");
    }

    /// Checks the production classes of the module that {@code member} is compiled in.
    ///
    /// The rules go by names, so what those classes depend on is not imported: that took most of the time.
    public static void check(Class<?> member) {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        JavaClasses module = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importUrl(member.getProtectionDomain().getCodeSource().getLocation());
        for (ArchRule rule : RULES) {
            rule.allowEmptyShould(true).check(module);
        }
    }
}
