import { longChaos } from '../../../runner/test/chaos/long-chaos.ts'
import { shop } from './shop.ts'

longChaos(shop, 'nothing taken')
