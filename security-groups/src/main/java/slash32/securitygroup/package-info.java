/// Security groups as OpenStack means them: groups, their rules, and what an endpoint is bound to.
///
/// Not how a kernel is told: that is {@code compile} and {@code nft}. A value that exists is valid; what is wrong is
/// refused with {@link slash32.securitygroup.InvalidRuleException}, never widened. Follows Neutron's security-group
/// API. Pure: no I/O, no clock. Entry types: {@link slash32.securitygroup.SecurityGroup},
/// {@link slash32.securitygroup.EndpointPolicy}.
@NullMarked
package slash32.securitygroup;

import org.jspecify.annotations.NullMarked;
