/** Writes reference/api: for each entry point that a package publishes a page of its names, from their docstrings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { MarkdownPageEvent } from 'typedoc-plugin-markdown';
import { isJSDocSignature, isPropertyDeclaration } from 'typescript';

const docs = join(import.meta.dirname, '..');
const entries = ['core', 'orchestration', 'ai-sdk'].flatMap(entriesOf);

const pluginOptions = {
  outputFileStrategy: 'modules',
  excludeScopesInPaths: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  // Signatures tell of parameters; the docstrings have no tags for them.
  expandParameters: true,
  parametersFormat: 'none',
  classPropertiesFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  // What is part of a published type is on its page, though it has no export of its own.
  placeInternalsInOwningModule: true,
};
const application = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown', 'typedoc-plugin-missing-exports'],
  ...pluginOptions,
  entryPoints: entries.map(({ types }) => types),
  tsconfig: join(docs, 'tsconfig.api.json'),
  out: argv[2] ?? join(docs, 'reference/api'),
  name: 'API',
  readme: 'none',
  logLevel: 'Warn',
  treatWarningsAsErrors: true,
  skipErrorChecking: true,
  excludeExternals: true,
  // Lines move with each change; these pages only with the API.
  disableSources: true,
});
const { converter, renderer } = application;
// Types by the names that the code gives them, which the compiler forgets of what zod infers.
converter.on(Converter.EVENT_CREATE_SIGNATURE, (context, signature, declaration) => {
  if (declaration === undefined || isJSDocSignature(declaration)) return;
  if (declaration.type !== undefined) signature.type = converter.convertType(context, declaration.type);
  for (const [index, { type }] of declaration.parameters.entries()) {
    const parameter = signature.parameters?.[index];
    if (parameter === undefined || type === undefined) continue;
    parameter.type = converter.convertType(context, type);
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  }
});
converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
  const declaration = context.getSymbolFromReflection(reflection)?.valueDeclaration;
  if (declaration === undefined || !isPropertyDeclaration(declaration) || declaration.type === undefined) return;
  reflection.type = converter.convertType(context, declaration.type);
});
const project = await application.convert();
if (project === undefined) throw new Error('typedoc could not read the packages; build them first');
for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
  const source = project.getSymbolIdFromReflection(module)?.fileName;
  module.name = entries.find((entry) => entry.source === source)?.name ?? module.name;
}
renderer.on(MarkdownPageEvent.END, (page) => {
  // The signature has said what is returned.
  page.contents = (page.contents ?? '').replaceAll(/^#+ Returns\n\n.*\n\n/gm, '');
});
await application.generateOutputs(project);
if (application.logger.hasWarnings() || application.logger.hasErrors()) throw new Error('typedoc has something to say');

/** The declarations that a package publishes, and what they were made of. */
function entriesOf(folder: string) {
  const root = join(docs, '../packages', folder);
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries<{ readonly types?: string }>(exports).flatMap(([entry, { types }]) => {
    if (types === undefined) return [];
    const source = types.replace('/dist/', '/src/').replace('.d.ts', '.ts');
    return [{ name: join(name, entry), types: join(root, types), source: join(root, source) }];
  });
}
