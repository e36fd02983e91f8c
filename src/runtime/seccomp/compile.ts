export function compileSeccomp(): never { throw new Error() }
