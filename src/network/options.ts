import { fail } from '#base/errors.ts';
import { contains, parseAddress, parseCidr } from './ipv4.ts';

/** What dockerd's flags say about the default network; texts as given. */
export interface NetworkOptions {
  /** --bridge: interface to use; "" our own (`berth0`), "none" no bridge network at all. */
  readonly bridge: string;
  /** --bip: the bridge's address, "192.168.5.1/24". */
  readonly bip?: string;
  /** --fixed-cidr: addresses of containers come from here. */
  readonly fixedCidr?: string;
  /** --default-gateway. */
  readonly defaultGateway?: string;
  /** --mtu; 0 or undefined: 1500. */
  readonly mtu?: number;
  /** --icc; false forbids traffic between containers of the default network. */
  readonly icc?: boolean;
  /** --ip-masq. */
  readonly ipMasq?: boolean;
  /** --ip-forward. */
  readonly ipForward?: boolean;
  /** --iptables: whether we touch the firewall at all. */
  readonly firewall?: boolean;
  /** --ip: where published ports listen by default. */
  readonly hostBinding?: string;
}

/** Name of the bridge when none is given. */
export const DEFAULT_BRIDGE = 'berth0';

/** Checks the options as dockerd does and returns the bridge's name, or undefined for "none". Throws invalidArgument. */
export function bridgeName(options: NetworkOptions): string | undefined {
  if (options.bridge !== '' && options.bip !== undefined && options.bip !== '') {
    fail('invalidArgument', "You specified -b & --bip, mutually exclusive options. Please specify only one");
  }
  if (options.bip) parseCidr(options.bip);
  if (options.fixedCidr) parseCidr(options.fixedCidr);
  if (options.defaultGateway && parseAddress(options.defaultGateway) === undefined) fail('invalidArgument', `invalid argument "${options.defaultGateway}" for "--default-gateway" flag`);
  if (options.mtu !== undefined && options.mtu !== 0 && (options.mtu < 68 || options.mtu > 65535)) fail('invalidArgument', `invalid default MTU: ${options.mtu}`);
  if (options.bridge === 'none') return undefined;
  const name = options.bridge === '' ? DEFAULT_BRIDGE : options.bridge;
  // The kernel's rule (dev_valid_name), narrowed to what needs no quoting anywhere: the name stands in rulesets.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name)) fail('invalidArgument', `invalid bridge name ${JSON.stringify(name)}`);
  return name;
}

/** Checks that --fixed-cidr and --default-gateway lie in the subnet. Throws invalidArgument. */
export function checkInside(options: NetworkOptions, subnetText: string): void {
  const { subnet } = parseCidr(subnetText);
  if (options.fixedCidr) {
    const range = parseCidr(options.fixedCidr).subnet;
    if (range.prefixLength < subnet.prefixLength || !contains(subnet, range.base)) {
      fail('invalidArgument', `the fixed CIDR ${options.fixedCidr} is not inside the bridge's subnet ${subnetText}`);
    }
  }
  if (options.defaultGateway && !contains(subnet, parseAddress(options.defaultGateway) ?? 0)) {
    fail('invalidArgument', `the default gateway ${options.defaultGateway} is not inside the bridge's subnet ${subnetText}`);
  }
}
