/// Helper processes as ExaBGP's users have them: programs that read events and write commands, beside the speaker.
///
/// Not the words of the commands, which are {@link slash32.bgp.exabgp.command}'s, nor who may announce what else, which
/// is {@link slash32.agent.intent.Intent}'s. Each process has two threads, {@code helper-NAME}, which keeps it running
/// and reads it, and {@code helper-NAME-events}, which writes to it; neither is waited for. Entry type:
/// {@link slash32.agent.helper.Helpers}.
@NullMarked
package slash32.agent.helper;

import org.jspecify.annotations.NullMarked;
