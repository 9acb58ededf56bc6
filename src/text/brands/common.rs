//! Words that are no slip of any name: the commonest of five languages, and others that stand near names people like to
//! give. Written for this list, folded; never complete, which is why a list of names protects words of its own.

/// Every word, folded. Some more than once.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().flat_map(|words| words.split_ascii_whitespace())
}

/// Words that stand beside a name in a hashtag or handle, longest first.
pub(super) fn affixes() -> Vec<Vec<char>> {
    let mut affixes: Vec<Vec<char>> = AFFIXES.split_ascii_whitespace().map(|word| word.chars().collect()).collect();
    affixes.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    affixes
}

const LANGUAGES: [&str; 6] = [ENGLISH, NAME_LIKE, SPANISH, PORTUGUESE, FRENCH, GERMAN];

const ENGLISH: &str = "
a an the and or but if so as at by for from in into of off on onto out over to up with about above across after again
against all almost alone along already also although always am among any anybody anyone anything are around ask asked
away back bad be became because become been before began behind being below best better between big both bring build
busy buy call called came can cannot care case cause change check clean clear close cold come comes could country course
cut daily dark day days deal dear deep did different do does doing done down draw drink drive drop during each early
earth east easy eat either else empty end enough even evening ever every everyone everything except expect eye face fact
fail fall false family far fast father feel feet few field fight fill final find fine finger finish fire first fish five
floor fly follow food foot force forget form forward found four free fresh friend friends front full fun further game
garden gave general get getting girl give given glad glass go goes going gold gone good got great green ground group grow
guess had half hand hands happen happy hard has hate have he head hear heard heart heat heavy held hello help her here
high him his hit hold home hope horse hot hour hours house how however human hundred idea important inside instead
interest is isn't issue it its job join just keep kept kill kind king knew know known land language large last late later
laugh law lay lead learn least leave led left leg less let letter level lie life light like likely limit line lines list
listen little live local long longer look lost lot love low lower luck lucky lunch made mail main make makes making man
many map mark market matter may maybe me mean meet member men mental menu message metal method might mile milk million
mind mine minute minutes miss model modern moment money monitor month months moon moral more morning most mother motion
motor mountain mouth move movie much music must my myself name nation natural nature near nearly neck need needs neither
nerve never new news next nice night nine no nobody none noon nor normal north nose not note nothing notice novel now
number object ocean of offer office often oil old omit once one only open opened opening opens opera operate order orders
organ other others our ours outside own page paid pain paint pair paper parent park part party pass past pay payment
people per perfect perhaps period person phone photo piece place plain plan plane planet plant plastic play please plus
point poor popular port possible post power present press pretty price print private probably problem product promise
proud public pull push put quarter question quick quiet quite race radio rain raise ran rather reach read ready real
really reason receive record red refund reply report rest result return rich ride right ring rise river road rock room
round rule run safe said sail sale same sand sat save saw say scale school screen sea search season seat second secret
section see seem seen self sell send sense sent serious serve server service set seven several shall shape share she ship
shirt shoe shop short should show side sign silent silver similar simple since sing single sister sit site six size skin
sky sleep slow small smart smile smoke smooth snow so social soft some son song soon sorry sort sound south space speak
special speed spell spend spoke spot spring square staff stage stand star start state station stay step still stock stone
stood stop store storm story straight strange street strong student stuff stupid style such sudden sugar suit summer sun
super support sure surface system table take taken talk tall taste tax teach team tell ten term test than thank thanks
that their them then there these they thick thin thing think third this those though thought thousand three through throw
thus ticket tie tight time times tired title today together told tomorrow tonight too took top total touch toward town
track trade train travel tree trial tried trip trouble truck true trust truth try turn twelve twice two type under unit
until upon us use used useful user usual value various verb version very video view visit voice wait walk wall want war
warm was wash watch water wave way we wear weather web week weekend weight well went were west what wheel when where
whether which while white who whole whom whose why wide wife wild will win wind window winter wish with within without
woman won't wonder wood word work worked working world worse worst worth would write wrong year years yes yesterday yet
you young your yours yourself account cancel delete error login logged outage password update crash broken charged app
";

const NAME_LIKE: &str = "
orbit orbital orbiter arbiter habit rabbit nimble nimbly limbs limbus thimble number numbers members timber lumber
kestrels castrol minstrel nostril central petrel kernel cornel colonel vertex vortex cortex vector victor factor doctor
nectar sector tailor sailor solar polar lunar planer planar lunacy aurora auroral horror mirror error terror merit
meridian median medium comedian guardian gradient radiant variant verdant verdict vendor render tender gender fender
sender lender slender cinder hinder binder finder founder thunder wonder wander ponder yonder bramble ramble scramble
gamble humble tumble fumble mumble crumble stumble jumble rumble grumble marble marvel gravel travel travels unravel
novelty novels hazel bezel easel diesel vessel tassel hassle castle cattle kettle nettle settle mettle metal petal pedal
medal model modal total vocal focal local loyal royal rural mural plural natural neutral neural mutual manual annual
casual visual usual ritual virtual actual factual fluent fluid flute fruit trait strait straight bright knight flight
fright freight weight height eight sight slight delight daylight moonlight spotlight highlight bolt jolt colt volt molt
salt malt halt vault fault default result insult consult adult quilt guilt built spilt stilt tilt lilt hilt kilt stratum
stratus status statue stature statute station nation notion motion potion lotion portion option action auction suction
fiction friction section election selection collection connection direction cipher gopher pauper helper temper
tamper hamper pamper camper damper jumper bumper lumpy pixel pixels axle apple ample maple sample simple temple dimple
pimple ripple cripple triple couple supple purple people steeple dapple grapple lumen lumens column autumn volume
vintage vantage advantage cottage postage passage message massage sausage garbage cabbage baggage luggage package
language village image damage manage menace palace solace terrace grimace surface preface face brace grace trace space
embrace cascade arcade parade decade facade blockade barricade brigade cloud clouds clouded proud crowd shroud aloud
northward northern southern eastern western harbor harbour border boarder broader order older holder folder bolder
shoulder boulder smolder solder soldier cobalt basalt asphalt cobra zebra algebra umbra vertebra extra contra sierra
terra tiara guitar altar alter halter falter filter shelter melter welter winter winner dinner inner banner manner
planner scanner spanner tanner cluster bluster fluster luster muster duster buster custer monster master plaster faster
disaster blaster roaster toaster boaster coaster poster foster roster booster rooster sister mister blister twister
register minister mobile noble nobel bible cable table stable fable gable label libel rebel level lever never clever
fever ever river liver silver sliver quiver shiver delivery discovery recovery clover glover lover cover hover mover
rover over dover plover opal topaz amber ember timbre timid rapid vapid valid solid stolid acid placid lucid ludic
";

const SPANISH: &str = "
el la los las un una unos unas de del al y o u e que como pero por para con sin sobre entre hasta desde hacia segun
cuando donde quien cual cuyo todo toda todos todas nada algo alguien nadie mucho mucha muchos muchas poco poca menos mas
muy bien mal mejor peor aqui alli ahora antes despues luego siempre nunca jamas tambien tampoco solo sola ya aun todavia
casi asi este esta esto estos estas ese esa eso esos esas aquel mismo misma otro otra otros otras cada ser estar haber
tener hacer poder decir ver dar saber querer llegar pasar deber poner parecer quedar creer hablar llevar dejar seguir
encontrar llamar venir pensar salir volver tomar conocer vivir sentir tratar mirar contar empezar esperar buscar existir
entrar trabajar escribir perder producir ocurrir entender pedir recibir recordar terminar permitir aparecer conseguir
comenzar servir sacar necesitar mantener resultar leer caer cambiar presentar crear abrir considerar oir acabar es son
fue era hay han tiene tengo hace puede quiero dinero tiempo vida dia dias hombre mujer casa mundo parte pais lugar persona
hora trabajo punto mano manera forma nombre gente cosa caso agua madre padre noche tarde orbitar orbitas orbitales nube
nubes gracias favor hola cuenta tarjeta banco pago pagos pedido ayuda servicio cliente clientes
";

const PORTUGUESE: &str = "
o os as um uma uns umas do da dos das no na nos nas ao aos pelo pela pelos pelas com sem sob sobre entre ate desde que
qual quem quando onde como porque porem mas ou nem se tambem muito muita muitos muitas pouco tudo todo toda todos nada
algo alguem ninguem cada outro outra mesmo mesma isso isto aquilo este esta esse essa aquele aquela aqui ali agora antes
depois sempre nunca ainda ja so mais menos bem mal melhor pior ser estar ter haver fazer poder dizer ver dar saber querer
chegar passar dever ficar deixar encontrar pensar falar levar voltar tomar conhecer viver sentir olhar contar esperar
procurar entrar trabalhar escrever perder entender pedir receber lembrar precisar manter ler cair mudar abrir comprar sao
foi era tem tinha vai vou pode quero dinheiro tempo vida dia dias homem mulher casa mundo parte pais lugar pessoa hora
trabalho ponto mao forma nome gente coisa caso agua mae noite tarde orbita obrigado obrigada conta cartao banco
pagamento pedido ajuda atendimento cliente nuvem nuvens
";

const FRENCH: &str = "
le la les un une des du de au aux et ou ni mais donc or car que qui quoi dont quand comment pourquoi comme si pour par
avec sans sous sur dans entre vers chez depuis pendant avant apres toujours jamais souvent encore deja aussi tres trop
peu plus moins bien mal mieux pire ici voici voila alors ainsi tout toute tous toutes rien quelque chose chaque autre
autres meme ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs je tu il elle nous vous ils
elles on etre avoir faire dire pouvoir aller voir savoir vouloir venir devoir prendre trouver donner falloir parler mettre
passer regarder aimer croire demander rester repondre entendre penser arriver connaitre devenir sentir sembler tenir
comprendre rendre attendre sortir vivre entrer porter chercher revenir appeler mourir partir jeter suivre ecrire montrer
tomber ouvrir perdre est sont etait sera avait jour jours temps homme femme vie monde pays main part place nuit maison
orbite orbites merci bonjour compte carte banque paiement commande aide service client clients nuage nuages ombre nombre
";

const GERMAN: &str = "
der die das den dem des ein eine einen einem einer eines und oder aber denn weil wenn dass ob wie als so auch nur noch
schon immer nie nicht kein keine sehr mehr weniger viel viele wenig alle alles nichts etwas jemand niemand jeder jede
jedes dieser diese dieses jener mein meine dein sein seine ihr ihre unser unsere euer ich du er sie es wir mich mir dich
dir ihn ihm uns euch in im an am auf aus bei mit nach von vom vor zu zum zur uber unter hinter neben zwischen durch fur
gegen ohne um bis seit wegen hier dort da dann jetzt heute gestern morgen wieder zuerst zuletzt bereits einfach sein
haben werden konnen mussen sollen wollen durfen mogen machen gehen kommen sagen geben sehen wissen lassen stehen finden
bleiben liegen heissen denken nehmen tun glauben halten nennen zeigen fuhren sprechen bringen leben fahren meinen fragen
kennen gelten stellen spielen arbeiten brauchen folgen lernen bestehen verstehen setzen bekommen beginnen erzahlen
versuchen schreiben laufen erklaren ist sind war waren wird wurde hat hatte kann muss soll will zeit jahr tag tage mensch
leben welt haus frau mann kind hand orbit orbits wolke wolken danke hallo konto karte bank zahlung bestellung hilfe dienst
kunde kunden nummer immer kammer hammer sommer zimmer schlimmer
";

const AFFIXES: &str = "
fail fails failed down outage sucks sux scam scams scammers fraud help support care cares app official service services
team news hq boycott cancel never love hate free stop delete bye my the go get shame lies thanks gate users customers
status problem problems issue issues refund refunds hack hacked leak leaked breach sos crash broken offline official uk us
de fr es pt br mx eu global online shop store bank pay soporte ayuda caida caido estafa nofunciona suporte ajuda caiu
golpe foradoar panne arnaque aide service hilfe kaputt stoerung betrug kundenservice fuck fix ripoff liars nomore is not
";
