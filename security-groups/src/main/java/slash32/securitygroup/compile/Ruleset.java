package slash32.securitygroup.compile;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.TableId;

/// Several fragments as one ruleset, to be read beside {@code nft list ruleset}.
///
/// @param all their union
public record Ruleset(Fragment all) {
    public static Ruleset of(Collection<Fragment> fragments) {
        var builder = new Fragment.Builder();
        fragments.forEach(builder::addAll);
        return new Ruleset(builder.build());
    }

    /// In {@code nft}'s syntax, everything in the order of its name.
    @Override
    public String toString() {
        var text = new StringBuilder();
        for (TableId table : List.of(Layout.INET, Layout.ARP, Layout.BRIDGE, Layout.BACKSTOP)) {
            if (all.chains().keySet().stream().noneMatch(chain -> chain.table().equals(table))) {
                continue;
            }
            text.append("table ").append(table).append(" {\n");
            all.counters().stream()
                    .filter(counter -> counter.table().equals(table))
                    .map(Fragment.Counter::name)
                    .sorted()
                    .forEach(name -> text.append("\tcounter ").append(name).append(" {\n\t}\n\n"));
            all.sets().stream()
                    .filter(set -> set.table().equals(table))
                    .sorted(Comparator.comparing(NftSet::name))
                    .forEach(set -> append(text, set));
            all.chains().keySet().stream()
                    .filter(chain -> chain.table().equals(table))
                    .sorted(Comparator.comparing(NftChain::name))
                    .forEach(chain -> append(text, chain));
            text.append("}\n");
        }
        return text.toString();
    }

    private void append(StringBuilder text, NftSet set) {
        boolean map = switch (set.type().content()) {
            case NOTHING, COUNTED, LIMITED -> false;
            case VERDICT, COUNTER, MARK -> true;
        };
        text.append("\t").append(map ? "map " : "set ").append(set.name()).append(" {\n");
        text.append("\t\ttype ").append(set.type()).append("\n");
        if (set.type().content() == SetType.Content.COUNTED) {
            text.append("\t\tcounter\n");
        } else if (set.type().content() == SetType.Content.LIMITED) {
            text.append("\t\tlimit rate 1/second burst 1 packets\n");
        }
        List<String> elements = all.elements().stream()
                .filter(placed ->
                        placed.table().equals(set.table()) && placed.set().equals(set.name()))
                .map(placed -> RuleText.of(set.type(), placed.element()))
                .sorted()
                .toList();
        if (!elements.isEmpty()) {
            text.append("\t\telements = { ")
                    .append(String.join(",\n\t\t\t     ", elements))
                    .append(" }\n");
        }
        text.append("\t}\n\n");
    }

    private void append(StringBuilder text, NftChain chain) {
        text.append("\tchain ").append(chain.name()).append(" {\n");
        Hook hook = chain.hook();
        if (hook != null) {
            text.append("\t\t").append(hook(hook)).append("\n");
        }
        for (NftRule rule : all.chains().getOrDefault(chain, List.of())) {
            text.append("\t\t").append(RuleText.of(rule)).append("\n");
        }
        text.append("\t}\n\n");
    }

    private static String hook(Hook hook) {
        String point = switch (hook.point()) {
            case PREROUTING -> "prerouting";
            case INPUT, ARP_INPUT -> "input";
            case FORWARD -> "forward";
            case OUTPUT -> "output";
            case POSTROUTING -> "postrouting";
        };
        String priority = switch (hook.priority()) {
            case -301 -> "raw - 1";
            case -300 -> "raw";
            case -299 -> "raw + 1";
            case -2 -> "filter - 2";
            case -1 -> "filter - 1";
            case 0 -> "filter";
            case 1 -> "filter + 1";
            case 2 -> "filter + 2";
            case 3 -> "filter + 3";
            default -> Integer.toString(hook.priority());
        };
        return "type filter hook " + point + " priority " + priority + "; policy accept;";
    }
}
