#!/usr/bin/env python3
import logging, sys
logging.basicConfig(level=logging.INFO, format='%(asctime)s %(levelname)s %(name)s: %(message)s')
log = logging.getLogger('deploy')
log.info('reading configuration')
log.warning('no region set, using eu-central-1')
log.error('bucket shop-config does not exist')
log.info('removing temporary files')
log.info('bye')
sys.exit(1)
