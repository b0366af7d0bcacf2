import { shortChaos } from '../../../runner/test/chaos/short-chaos.ts'
import { shop } from './shop.ts'

shortChaos(shop)
