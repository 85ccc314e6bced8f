import { fieldTable, withTables } from '../yaml/field-table.ts';
import { BUNDLE_FIELDS, VALUE_SOURCE_FIELDS } from './bundle-fields.ts';
import { APP_FIELDS, CATALOGUE_FIELDS, LOCAL_IMAGE_FIELDS, ROLE_FIELDS } from './fields.ts';
import { BLOCK_DEVICE_FIELDS, SETTINGS } from './settings.ts';

/** docs/catalogue.md with its tables made anew, from the table that the validator reads. */
export const withFieldTables = (page: string): string =>
  withTables(page, {
    catalogue: fieldTable(CATALOGUE_FIELDS),
    settings: fieldTable(SETTINGS),
    role: fieldTable(ROLE_FIELDS),
    block_devices: fieldTable(BLOCK_DEVICE_FIELDS),
    bundle: fieldTable(BUNDLE_FIELDS),
    value: fieldTable(VALUE_SOURCE_FIELDS),
    apps: fieldTable(APP_FIELDS),
    local_image: fieldTable(LOCAL_IMAGE_FIELDS),
  });
