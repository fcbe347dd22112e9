/** Seals the write-only fields of a resource, so that the database holds them unreadable. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';

const algorithm = 'aes-256-gcm';
const fields = z.record(z.string(), z.unknown());

/** Values of write-only fields by name; a secret. */
export type SecretValues = Readonly<Record<string, unknown>>;

/** Seals and opens. */
export interface CredentialSeal {
  /** Encrypts the values for one resource. */
  seal(resourceId: string, values: SecretValues): string;
  /** Decrypts them; throws when they were sealed for another resource or with another key, or were changed. */
  open(resourceId: string, sealed: string): SecretValues;
}

/**
 * Creates a seal with AES-256-GCM; the resource's id is authenticated with the values, so that a sealed text cannot
 * be moved to another resource.
 *
 * @param key 32 bytes.
 */
export function createCredentialSeal(key: Buffer): CredentialSeal {
  const seal = (resourceId: string, values: SecretValues): string => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(resourceId));
    const text = Buffer.concat([cipher.update(JSON.stringify(values), 'utf8'), cipher.final()]);
    return [nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url')).join('.');
  };
  const open = (resourceId: string, sealed: string): SecretValues => {
    const [nonce, tag, text] = sealed.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (nonce === undefined || tag?.length !== 16 || text === undefined)
      throw new TypeError('Not a sealed text.');
    const decipher = createDecipheriv(algorithm, key, nonce).setAAD(Buffer.from(resourceId)).setAuthTag(tag);
    return fields.parse(
      JSON.parse(Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')),
    );
  };
  return { seal, open };
}
