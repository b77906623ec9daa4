/// JSON as the API and the state file speak it: strict reading, where every refusal names the field, and one way of
/// writing each value.
///
/// Not HTTP. RFC 8259. Pure: no I/O, no clock. Entry types: {@link slash32.agent.json.StrictJson},
/// {@link slash32.agent.json.EndpointJson}, {@link slash32.agent.json.GroupJson}.
@NullMarked
package slash32.agent.json;

import org.jspecify.annotations.NullMarked;
