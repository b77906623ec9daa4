package slash32.bgp.exabgp;

/// ExaBGP would not print this message, but answer it with a NOTIFICATION; code 0 stands for a failure of its own.
public record Refusal(int code, int subcode) {
    static final Refusal FAILURE = new Refusal(0, 0);
}
