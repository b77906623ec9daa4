package slash32.netlink.netfilter;

import static slash32.netlink.message.Nl.NLM_F_ACK;
import static slash32.netlink.message.Nl.NLM_F_APPEND;
import static slash32.netlink.message.Nl.NLM_F_CREATE;
import static slash32.netlink.message.Nl.NLM_F_DUMP;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;

/// Requests to nf_tables, and readers of its answers.
///
/// A change is in force only as part of a batch: {@link #batchBegin}, changes, {@link #batchEnd}; the kernel takes all
/// or none. Adding what is there is no error; deleting what is not there is ENOENT.
public final class Nftables {
    /// An attribute's length has 16 bits; a list of elements stays below them.
    private static final int ELEMENTS_BYTES = 60_000;

    private static final int NFTA_TABLE_FLAGS = 2;
    private static final int NFTA_GEN_ID = 1;
    /// NFTNL_UDATA_SET_KEYBYTEORDER with nft's own numbers for it: without, nft 1.0.6 prints interface names reversed.
    private static final int KEY_BYTE_ORDER = 0;

    /// Of elements that state none; ours all do.
    private static final PacketLimit ANY_LIMIT = new PacketLimit(1, 1, false);

    private static final int HOST_ORDER = 1;
    private static final int NETWORK_ORDER = 2;

    private Nftables() {}

    /// Opens a batch.
    ///
    /// @param generation the batch is refused with ERESTART unless this is the ruleset's; null for any
    public static Request batchBegin(@Nullable Integer generation) {
        Request request = batch(Nft.NFNL_MSG_BATCH_BEGIN, "commit transaction");
        return generation == null ? request : request.attributeBe32(Nft.NFNL_BATCH_GENID, generation);
    }

    public static Request batchEnd() {
        return batch(Nft.NFNL_MSG_BATCH_END, "end transaction");
    }

    private static Request batch(int type, String what) {
        return Request.of(type, 0, () -> what).u8(0).u8(Nft.NFNETLINK_V0).be16(Nft.NFNL_SUBSYS_NFTABLES);
    }

    /// Makes a table, or sets the flags of one. Always answered, so that it can end a wait for answers.
    ///
    /// @param flags NFT_TABLE_F_*
    public static Request addTable(TableId table, int flags) {
        return request(Nft.NEWTABLE, NLM_F_CREATE | NLM_F_ACK, table, () -> "add table " + table)
                .attributeBe32(NFTA_TABLE_FLAGS, flags);
    }

    public static Request deleteTable(TableId table) {
        return request(Nft.DELTABLE, 0, table, () -> "delete table " + table);
    }

    public static Request addChain(NftChain chain) {
        Request request = request(
                        Nft.NEWCHAIN,
                        NLM_F_CREATE,
                        chain.table(),
                        () -> "add chain " + chain.table() + " " + chain.name())
                .attribute(NftChain.NFTA_CHAIN_NAME, chain.name());
        Hook hook = chain.hook();
        if (hook != null) {
            request.nested(
                            NftChain.NFTA_CHAIN_HOOK,
                            nested -> nested.attributeBe32(NftChain.NFTA_HOOK_HOOKNUM, hook.point().number)
                                    .attributeBe32(NftChain.NFTA_HOOK_PRIORITY, hook.priority()))
                    .attributeBe32(NftChain.NFTA_CHAIN_POLICY, NftChain.NF_ACCEPT)
                    .attribute(NftChain.NFTA_CHAIN_TYPE, NftChain.TYPE);
        }
        return request;
    }

    public static Request deleteChain(TableId table, String chain) {
        return request(Nft.DELCHAIN, 0, table, () -> "delete chain " + table + " " + chain)
                .attribute(NftChain.NFTA_CHAIN_NAME, chain);
    }

    /// Appends a rule to its chain.
    public static Request addRule(NftRule rule) {
        Request request = Request.of(
                        Nft.NEWRULE,
                        NLM_F_CREATE | NLM_F_APPEND,
                        () -> "add rule " + rule.table() + " " + rule.chain()
                                + (rule.comment().isEmpty() ? "" : " \"" + rule.comment() + "\""))
                .u8(rule.table().family().number)
                .u8(Nft.NFNETLINK_V0)
                .be16(0);
        rule.addTo(request);
        return request;
    }

    /// Deletes every rule of a chain.
    public static Request deleteRules(TableId table, String chain) {
        return request(Nft.DELRULE, 0, table, () -> "delete rules of " + table + " " + chain)
                .attribute(NftRule.NFTA_RULE_CHAIN, chain);
    }

    /// Makes a set or map without elements.
    ///
    /// @param id any number, other than those of the other sets that the batch adds
    public static Request addSet(NftSet set, int id) {
        SetType type = set.type();
        Request request = request(
                        Nft.NEWSET, NLM_F_CREATE, set.table(), () -> "add set " + set.table() + " " + set.name())
                .attribute(NftSet.NFTA_SET_NAME, set.name())
                .attributeBe32(NftSet.NFTA_SET_FLAGS, set.flags())
                .attributeBe32(NftSet.NFTA_SET_KEY_TYPE, type.datatype())
                .attributeBe32(NftSet.NFTA_SET_KEY_LEN, type.keyLength())
                .attributeBe32(NftSet.NFTA_SET_ID, id);
        switch (type.content()) {
            case NOTHING -> {}
            case COUNTED -> request.nested(NftSet.NFTA_SET_EXPR, ExpressionCodec::addCounter);
            case LIMITED ->
                request.nested(
                        NftSet.NFTA_SET_EXPR, expression -> ExpressionCodec.addLimitExpression(expression, ANY_LIMIT));
            case VERDICT ->
                request.attributeBe32(NftSet.NFTA_SET_DATA_TYPE, NftSet.NFT_DATA_VERDICT)
                        .attributeBe32(NftSet.NFTA_SET_DATA_LEN, 0);
            case COUNTER -> request.attributeBe32(NftSet.NFTA_SET_OBJ_TYPE, ExpressionCodec.NFT_OBJECT_COUNTER);
            case MARK ->
                request.attributeBe32(NftSet.NFTA_SET_DATA_TYPE, NftSet.TYPE_MARK)
                        .attributeBe32(NftSet.NFTA_SET_DATA_LEN, 4);
        }
        return request.attribute(
                NftSet.NFTA_SET_USERDATA,
                new byte[] {KEY_BYTE_ORDER, 4, (byte) (type.hostByteOrder() ? HOST_ORDER : NETWORK_ORDER), 0, 0, 0});
    }

    public static Request deleteSet(TableId table, String set) {
        return request(Nft.DELSET, 0, table, () -> "delete set " + table + " " + set)
                .attribute(NftSet.NFTA_SET_NAME, set);
    }

    /// As many requests as the elements need.
    public static List<Request> addElements(TableId table, String set, List<SetElement> elements) {
        return elements(Nft.NEWSETELEM, NLM_F_CREATE, table, set, elements);
    }

    /// As many requests as the elements need; their values are not looked at.
    public static List<Request> deleteElements(TableId table, String set, List<SetElement> elements) {
        return elements(Nft.DELSETELEM, 0, table, set, elements);
    }

    private static List<Request> elements(int type, int flags, TableId table, String set, List<SetElement> elements) {
        var requests = new ArrayList<Request>();
        for (int from = 0; from < elements.size(); ) {
            List<SetElement> chunk = NftSet.chunk(elements, from, ELEMENTS_BYTES);
            String verb = type == Nft.NEWSETELEM ? "add " : "delete ";
            requests.add(request(type, flags, table, () -> verb + chunk.size() + " elements of " + table + " " + set)
                    .attribute(NftSet.ELEMENTS_SET, set)
                    .nested(
                            NftSet.ELEMENTS,
                            list -> chunk.forEach(element -> element.addTo(list, type == Nft.NEWSETELEM))));
            from += chunk.size();
        }
        return requests;
    }

    /// A named counter at zero; one that is there keeps its count.
    public static Request addCounter(TableId table, String name) {
        return request(Nft.NEWOBJ, NLM_F_CREATE, table, () -> "add counter " + table + " " + name)
                .attribute(NftCounter.NFTA_OBJ_NAME, name)
                .attributeBe32(NftCounter.NFTA_OBJ_TYPE, ExpressionCodec.NFT_OBJECT_COUNTER)
                .nested(NftCounter.NFTA_OBJ_DATA, _ -> {});
    }

    public static Request deleteCounter(TableId table, String name) {
        return request(Nft.DELOBJ, 0, table, () -> "delete counter " + table + " " + name)
                .attribute(NftCounter.NFTA_OBJ_NAME, name)
                .attributeBe32(NftCounter.NFTA_OBJ_TYPE, ExpressionCodec.NFT_OBJECT_COUNTER);
    }

    /// Asks for one table; ENOENT if there is none.
    public static Request getTable(TableId table) {
        return request(Nft.GETTABLE, 0, table, () -> "get table " + table);
    }

    /// Dumps the chains of every table of a family.
    public static Request dumpChains(Family family) {
        return Request.of(Nft.GETCHAIN, NLM_F_DUMP, () -> "dump chains of " + family)
                .u8(family.number)
                .u8(Nft.NFNETLINK_V0)
                .be16(0);
    }

    public static Request dumpRules(TableId table) {
        return request(Nft.GETRULE, NLM_F_DUMP, table, () -> "dump rules of " + table);
    }

    public static Request dumpSets(TableId table) {
        return request(Nft.GETSET, NLM_F_DUMP, table, () -> "dump sets of " + table);
    }

    public static Request dumpElements(TableId table, String set) {
        return request(Nft.GETSETELEM, NLM_F_DUMP, table, () -> "dump elements of " + table + " " + set)
                .attribute(NftSet.ELEMENTS_SET, set);
    }

    /// Asks for one element of a set; ENOENT if it is not there.
    public static Request getElement(TableId table, String set, SetElement element) {
        return request(Nft.GETSETELEM, 0, table, () -> "get an element of " + table + " " + set)
                .attribute(NftSet.ELEMENTS_SET, set)
                .nested(NftSet.ELEMENTS, list -> element.addTo(list, false));
    }

    /// Dumps the rules of one chain.
    public static Request dumpRules(TableId table, String chain) {
        return request(Nft.GETRULE, NLM_F_DUMP, table, () -> "dump rules of " + table + " " + chain)
                .attribute(NftRule.NFTA_RULE_CHAIN, chain);
    }

    public static Request dumpCounters(TableId table) {
        return request(Nft.GETOBJ, NLM_F_DUMP, table, () -> "dump counters of " + table)
                .attributeBe32(NftCounter.NFTA_OBJ_TYPE, ExpressionCodec.NFT_OBJECT_COUNTER);
    }

    public static Request getGeneration() {
        return Request.of(Nft.GETGEN, 0, () -> "get the ruleset's generation")
                .u8(0)
                .u8(Nft.NFNETLINK_V0)
                .be16(0);
    }

    /// The generation in an answer to {@link #getGeneration} or an event.
    public static int generation(Message message) {
        var attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            if (attributes.type() == NFTA_GEN_ID) {
                return attributes.be32();
            }
        }
        throw new IllegalArgumentException("a generation without its number");
    }

    private static Request request(int type, int flags, TableId table, Supplier<String> description) {
        return Request.of(type, flags, description)
                .u8(table.family().number)
                .u8(Nft.NFNETLINK_V0)
                .be16(0)
                .attribute(Nft.NFTA_TABLE, table.name());
    }
}
