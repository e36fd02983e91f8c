import { fail } from '#base/errors.ts';

/** Who a process runs as. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

const maxId = 2 ** 31 - 1;

interface Passwd { readonly name: string; readonly uid: number; readonly gid: number }
interface Group { readonly name: string; readonly gid: number; readonly members: readonly string[] }

/** Lines beyond this are not looked at: the files come from an image. */
const maxLines = 100_000;

function parsePasswd(text: string): Passwd[] {
  return text.split('\n', maxLines).flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return name !== '' && /^\d{1,10}$/.test(uid) && /^\d{1,10}$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

function parseGroups(text: string): Group[] {
  return text.split('\n', maxLines).flatMap((line) => {
    const [name = '', , gid = '', members = ''] = line.split(':');
    return name !== '' && /^\d{1,10}$/.test(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }] : [];
  });
}

/**
 * `user[:group]`, names or numbers, against the image's /etc/passwd and /etc/group (moby/sys/user `GetExecUser`), then
 * --group-add. Without a group, the supplementary groups of the user come too, its own first. Throws invalidArgument.
 */
export function resolveUser(spec: string, passwdText: string, groupText: string, groupAdd: readonly string[]): ResolvedUser {
  const [userPart = '', groupPart = ''] = spec.split(':', 2);
  const groups = parseGroups(groupText);
  const users = parsePasswd(passwdText);
  const wanted = userPart === '' ? '0' : userPart;
  const user = users.find((entry) => entry.name === wanted) ?? users.find((entry) => String(entry.uid) === wanted);
  const uid = user?.uid ?? number(wanted, () => fail('invalidArgument', `unable to find user ${userPart}: no matching entries in passwd file`));
  const gid = groupPart === '' ? (user?.gid ?? 0) : groupId(groupPart, groups);
  const supplementary = groupPart === '' && user !== undefined ? groups.filter((group) => group.members.includes(user.name)).map((group) => group.gid) : [];
  const added = groupAdd.map((name) => groups.find((group) => group.name === name)?.gid ?? number(name, () => fail('invalidArgument', `unable to find group ${name}: no matching entries in group file`)));
  return { uid, gid, additionalGids: [...new Set([gid, ...supplementary, ...added])] };
}

function groupId(name: string, groups: readonly Group[]): number {
  const group = groups.find((entry) => entry.name === name) ?? groups.find((entry) => String(entry.gid) === name);
  return group?.gid ?? number(name, () => fail('invalidArgument', `unable to find group ${name}: no matching entries in group file`));
}

function number(text: string, otherwise: () => never): number {
  if (!/^-?\d+$/.test(text)) otherwise();
  const value = Number(text);
  if (value < 0 || value > maxId) fail('invalidArgument', `uids and gids must be in range 0-${maxId}`);
  return value;
}
