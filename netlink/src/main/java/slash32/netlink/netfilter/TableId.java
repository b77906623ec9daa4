package slash32.netlink.netfilter;

/// A table of one network namespace. Reads "inet slash32".
public record TableId(Family family, String name) {
    @Override
    public String toString() {
        return family + " " + name;
    }
}
