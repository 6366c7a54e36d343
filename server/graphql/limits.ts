import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLSchema,
  SelectionSetNode,
} from 'graphql';
import { ApiError } from '../errors.ts';
import { graphql } from './library.ts';

const { getNamedType, isCompositeType, isListType, isNonNullType, isObjectType, Kind } = graphql;

/** Fields inside of fields. */
export const MAX_DEPTH = 10;
/** Values that an answer may have, if every list is as long as was asked for. */
export const MAX_COST = 20_000;
/** Questions at the top: each is a statement of its own, and a count over an institution has one value and much to do. */
export const MAX_QUESTIONS = 40;
/** Longest list that can be asked for. */
export const MAX_LIMIT = 200;
/** Lists that take no limit. */
const USUAL_LENGTH = 30;
/** graphql's own rules bound how deep it goes; this bounds how often. */
const INTROSPECTION_COST = 2000;

interface Weight {
  /** Values, for one parent. */
  cost: number;
  depth: number;
}

/**
 * Refuses what would be too much work before any of it is done: `graphql-too-deep`, `graphql-too-costly`. The cost of
 * a field is one for every parent there may be; a field with `limit` multiplies what is inside of it. Every alias and
 * every spread counts. A fragment is weighed once, so that fragments of fragments cost no time to weigh either.
 */
export function assertAffordable(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
): Weight {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const weighed = new Map<string, Weight>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }

  function weigh(set: SelectionSetNode, parent: GraphQLCompositeType): Weight {
    const total: Weight = { cost: 0, depth: 0 };
    for (const selection of set.selections) {
      let part: Weight;
      if (selection.kind === Kind.FIELD) part = weighField(selection, parent);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        part = weigh(selection.selectionSet, typeOf(selection.typeCondition?.name.value, parent));
      } else part = weighFragment(selection.name.value);
      total.cost += part.cost;
      total.depth = Math.max(total.depth, part.depth);
    }
    return total;
  }

  function weighFragment(name: string): Weight {
    const known = weighed.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    // Unknown names and cycles were refused by validation.
    const weight =
      fragment && isCompositeType(type) ? weigh(fragment.selectionSet, type) : { cost: 0, depth: 0 };
    weighed.set(name, weight);
    return weight;
  }

  function weighField(node: FieldNode, parent: GraphQLCompositeType): Weight {
    const name = node.name.value;
    if (name.startsWith('__')) return { cost: name === '__typename' ? 1 : INTROSPECTION_COST, depth: 1 };
    const field = isObjectType(parent) ? parent.getFields()[name] : undefined;
    const type = field && getNamedType(field.type);
    if (!field || !node.selectionSet || !isCompositeType(type)) return { cost: 1, depth: 1 };
    const inner = weigh(node.selectionSet, type);
    return { cost: 1 + lengthOf(node, field) * inner.cost, depth: 1 + inner.depth };
  }

  function typeOf(name: string | undefined, parent: GraphQLCompositeType): GraphQLCompositeType {
    const type = name === undefined ? parent : schema.getType(name);
    return isCompositeType(type) ? type : parent;
  }

  function lengthOf(node: FieldNode, field: GraphQLField<unknown, unknown>): number {
    const limit = field.args.find((argument) => argument.name === 'limit');
    if (!limit) return isList(field) && node.name.value !== 'items' ? USUAL_LENGTH : 1;
    const given = node.arguments?.find((argument) => argument.name.value === 'limit')?.value;
    let value: unknown = limit.defaultValue;
    if (given?.kind === Kind.INT) value = Number(given.value);
    else if (given?.kind === Kind.VARIABLE) value = variables[given.name.value] ?? MAX_LIMIT;
    // What is not a number, or out of bounds, is refused by the resolver.
    return typeof value === 'number' && value > 0 ? Math.min(value, MAX_LIMIT) : 1;
  }

  const asked = new Map<string, number>();

  /** Fields at the top; every alias and every spread counts. */
  function questionsIn(set: SelectionSetNode): number {
    return set.selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + 1;
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + questionsIn(selection.selectionSet);
      const name = selection.name.value;
      const known = asked.get(name);
      const fragment = fragments.get(name);
      const found = known ?? (fragment ? questionsIn(fragment.selectionSet) : 0);
      asked.set(name, found);
      return sum + found;
    }, 0);
  }

  const root = schema.getQueryType()!;
  let questions = 0;
  const heaviest: Weight = { cost: 0, depth: 0 };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation !== 'query') {
      throw new ApiError('graphql-invalid', { message: 'Only queries can be asked over GraphQL.' });
    }
    const { cost, depth } = weigh(definition.selectionSet, root);
    questions = Math.max(questions, questionsIn(definition.selectionSet));
    heaviest.cost = Math.max(heaviest.cost, cost);
    heaviest.depth = Math.max(heaviest.depth, depth);
  }
  if (heaviest.depth > MAX_DEPTH) {
    throw new ApiError('graphql-too-deep', { details: { depth: heaviest.depth, most: MAX_DEPTH } });
  }
  if (heaviest.cost > MAX_COST) {
    throw new ApiError('graphql-too-costly', { details: { cost: heaviest.cost, most: MAX_COST } });
  }
  if (questions > MAX_QUESTIONS) {
    throw new ApiError('graphql-too-costly', { details: { questions, most: MAX_QUESTIONS } });
  }
  return heaviest;
}

function isList(field: GraphQLField<unknown, unknown>): boolean {
  return isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
}
