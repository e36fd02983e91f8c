import type { Migration } from '#store/types.ts';

/**
 * `config` is the config file's bytes (also a blob), kept here so that reading an image needs no file.
 * `image_blob` says which blobs an image needs: manifest, config and layers. `image_name.name` is a full reference, with
 * tag or digest. `parent` is the image that a build or commit started from.
 */
export const imageMigrations: readonly Migration[] = [
  {
    layer: 'images',
    version: 1,
    sql: `CREATE TABLE image (
      id TEXT PRIMARY KEY,
      manifest TEXT NOT NULL,
      config BLOB NOT NULL,
      chain_id TEXT,
      size INTEGER NOT NULL,
      parent TEXT,
      last_tagged TEXT
    ) STRICT;
    CREATE TABLE image_blob (
      image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
      digest TEXT NOT NULL,
      PRIMARY KEY (image, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_blob_digest ON image_blob(digest);
    CREATE TABLE image_name (
      name TEXT PRIMARY KEY,
      image TEXT NOT NULL REFERENCES image(id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_name_image ON image_name(image);`,
  },
];
