/// The metadata service: what an instance is and was given, read over HTTP from 169.254.169.254 and fd00:ec2::254.
///
/// Not a store of its own: it serves what endpoints say, or asks the cloud's own service in their names. Paths are
/// those of cloud-init's data sources NoCloud, EC2 and OpenStack. A client is known by the address that it
/// connected from, which only the guest behind the TAP of that address' host route can complete a connection with.
/// Entry type: {@link slash32.agent.metadata.MetadataHandler}. Threads: those of its HTTP server.
@NullMarked
package slash32.agent.metadata;

import org.jspecify.annotations.NullMarked;
