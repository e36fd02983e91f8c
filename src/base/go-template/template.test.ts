import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileTemplate, ExecError } from './eval.ts';
import { TemplateError } from './lexer.ts';
import { GoFloat } from './value.ts';

const data = {
  Name: 'web', N: 42, Neg: -7, F: new GoFloat(1.5), On: true, Off: false, Nil: null, Empty: '', List: ['a', 'b', 'c'], None: [], Map: { b: 2, a: 1 }, Deep: { In: { X: 'x' } },
  Rows: [{ K: 'k1', V: 1 }, { K: 'k2', V: 2 }], Dotted: { 'a.b': 'c' },
};

// Template, what Go prints.
const golden: readonly (readonly [string, string])[] = [
  ['plain', 'plain'], ['{{.Name}}', 'web'], ['{{ .N }}', '42'], ['{{.F}}', '1.5'], ['{{.On}}', 'true'], ['{{.Missing}}', '<no value>'], ['{{.Nil}}', '<no value>'],
  ['{{.List}}', '[a b c]'], ['{{.Map}}', 'map[a:1 b:2]'], ['{{.Deep}}', 'map[In:map[X:x]]'], ['{{.Deep.In.X}}', 'x'], ['{{(.Deep).In.X}}', 'x'], ['{{$.Name}}', 'web'],
  ['a {{- " b " -}} c', 'a b c'], ['{{- /* note */ -}} x', 'x'], ['{{/* note */}}y', 'y'], ['{{"q\\tq\\u00e9\\x41"}}', 'q\tqéA'], ['{{`raw\\n`}}', 'raw\\n'], ['{{\'a\'}}', '97'],
  ['{{1}}{{-3}}{{0x10}}{{1_000}}{{1.5}}{{1e3}}', '1-31610001.51000'], ['{{true}}{{false}}', 'truefalse'],
  ['{{if .On}}y{{end}}', 'y'], ['{{if .Off}}y{{else}}n{{end}}', 'n'], ['{{if .Off}}1{{else if .Empty}}2{{else if .N}}3{{else}}4{{end}}', '3'], ['{{if .None}}y{{else}}n{{end}}', 'n'],
  ['{{range .List}}[{{.}}]{{end}}', '[a][b][c]'], ['{{range .None}}x{{else}}none{{end}}', 'none'], ['{{range $i, $v := .List}}{{$i}}{{$v}}{{end}}', '0a1b2c'],
  ['{{range $v := .List}}{{$v}}{{end}}', 'abc'], ['{{range .Rows}}{{.K}}:{{.V}} {{end}}', 'k1:1 k2:2 '],
  ['{{range .List}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', 'a'], ['{{range .List}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', 'ac'], ['{{range 3}}{{.}}{{end}}', '012'],
  ['{{with .Deep}}{{.In.X}}{{end}}', 'x'], ['{{with .Empty}}x{{else}}e{{end}}', 'e'], ['{{with .Empty}}1{{else with .Name}}{{.}}{{end}}', 'web'], ['{{with $x := .N}}{{$x}}{{end}}', '42'],
  ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'], ['{{define "t"}}<{{.}}>{{end}}{{template "t" .N}}', '<42>'], ['{{block "b" .Name}}({{.}}){{end}}', '(web)'],
  ['{{template "t"}}{{define "t"}}{{.}}{{end}}', '<no value>'],
  ['{{.Name | upper}}', 'WEB'], ['{{.Name | printf "%s-%s" "x"}}', 'x-web'], ['{{printf "%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%U" 42 42 42 42 42 42 42 42 65 65}}', '   42|42   |00042|+42|2a|2A|52|101010|A|U+0041'],
  ['{{printf "%s %q %v %t %T %%" "a" "b" .List true 1}}', 'a "b" [a b c] true int %'], ['{{printf "%.2f %8.3f %e %g" .F .F .F .F}}', '1.50    1.500 1.500000e+00 1.5'],
  ['{{printf "%d" "x"}}', '%!d(string=x)'], ['{{printf "%s"}}', '%!s(MISSING)'], ['{{printf "a" 1}}', 'a%!(EXTRA int=1)'], ['{{printf "%*d" 4 7}}', '   7'],
  ['{{print 1 2 "a" "b" 3}}', '1 2ab3'], ['{{println "a" 1}}', 'a 1\n'], ['{{len .List}}{{len .Name}}{{len .Map}}', '332'],
  ['{{index .List 1}}{{index .Map "a"}}{{index .Dotted "a.b"}}{{index .Rows 0 "K"}}', 'b1ck1'], ['{{index .Map "zz"}}', '<no value>'], ['{{slice .Name 1}}{{slice .Name 0 1}}{{slice .List 1 2}}', 'ebw[b]'],
  ['{{eq 1 1}}{{eq .Name "x" "web"}}{{ne 1 2}}{{lt 1 2}}{{le 2 2}}{{gt "b" "a"}}{{ge 1 2}}', 'truetruetruetruetruetruefalse'],
  ['{{and 1 0}}{{and 1 2}}{{or 0 "" 3}}{{or 0 ""}}{{not 0}}', '023true'], ['{{and .Off (index .None 9)}}', 'false'],
  ['{{html "<a b=\'c\'>&"}}', '&lt;a b=&#39;c&#39;&gt;&amp;'], ['{{js "it\'s <b>"}}', 'it\\\'s \\u003Cb\\u003E'], ['{{urlquery "a b&c/é"}}', 'a+b%26c%2F%C3%A9'],
  ['{{json .Map}}{{json .List}}{{json "<a>"}}{{json .Nil}}', '{"b":2,"a":1}["a","b","c"]"<a>"null'], ['{{split "a,b" ","}}', '[a b]'], ['{{join .List "-"}}', 'a-b-c'],
  ['{{title "ab cd"}}{{lower "AB"}}{{upper "ab"}}', 'Ab CdabAB'], ['{{pad "x" 1 2}}|', ' x  |'], ['{{truncate "abcdef" 3}}{{truncate "a" 3}}', 'abca'],
];

describe('templates print what Go prints', () => {
  for (const [source, expected] of golden) {
    it(source, () => assert.equal(compileTemplate(source).execute(data), expected));
  }
});

const parseErrors: readonly (readonly [string, string])[] = [
  ['{{.Foo', 'template: :1: unclosed action'], ['{{}}', 'template: :1: missing value for command'], ['{{end}}', 'template: :1: unexpected {{end}}'], ['{{else}}', 'template: :1: unexpected {{else}}'],
  ['{{foo}}', 'template: :1: function "foo" not defined'], ['a\n{{foo}}', 'template: :2: function "foo" not defined'], ['{{$x}}', 'template: :1: undefined variable "$x"'], ['{{if .X}}', 'template: :1: unexpected EOF'],
  ['{{"a}}', 'template: :1: unterminated quoted string'], ['{{(.X}}', 'template: :1: unclosed left paren'], ['{{1a}}', 'template: :1: bad number syntax: "1a"'], ['{{break}}', 'template: :1: {{break}} outside {{range}}'],
  ['{{.X | 3}}', 'template: :1: non executable command in pipeline stage 2'],
];
describe('templates are refused with Go\'s texts', () => {
  for (const [source, message] of parseErrors) it(source, () => assert.throws(() => compileTemplate(source), (error) => error instanceof TemplateError && error.message === message));
});

const execErrors: readonly (readonly [string, string])[] = [
  ['{{.Name.Foo}}', 'template: :1:7: executing "" at <.Name.Foo>: can\'t evaluate field Foo in type string'], ['{{index .List 9}}', 'template: :1:2: executing "" at <index .List 9>: error calling index: index out of range: 9'],
  ['{{eq 1 "a"}}', 'template: :1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison'], ['x\n {{len 3}}', 'template: :2:3: executing "" at <len 3>: error calling len: len of type int'],
  ['{{template "no"}}', 'template: :1:11: executing "" at <{{template "no"}}>: template "no" not defined'],
];
describe('templates fail with Go\'s texts', () => {
  for (const [source, message] of execErrors) it(source, () => assert.throws(() => compileTemplate(source).execute(data), (error) => error instanceof ExecError && error.message === message));
  it('a missing key where that is an error', () => {
    assert.throws(() => compileTemplate('{{.Deep.Foo}}', { missingKeyIsError: true }).execute(data), /^Error: template: :1:7: executing "" at <\.Deep\.Foo>: map has no entry for key "Foo"$/);
  });
  it('never anything else', () => {
    const pieces = fc.array(fc.constantFrom('{{', '}}', '.Name', ' ', 'if', 'end', 'range', '"', '|', '(', ')', '$x', ':=', '1', 'printf', '.List', 'else', '-', 'index', '.', 'with'));
    fc.assert(fc.property(pieces, (parts) => {
      try {
        compileTemplate(parts.join('')).execute(data);
      } catch (error) {
        assert.ok(error instanceof TemplateError || error instanceof ExecError, String(error));
      }
    }), { numRuns: 2000 });
  });
});
