"""Words that tell what is asked, grouped by what they tell; the classifier learns what each group is worth.

A few thousand labelled prompts cannot show every programming language or every word for an appointment. Knowing that `rust` and
`kotlin` are the same kind of word lets one stand for the other: on sources never trained on this is worth more than a larger
table of n-grams (docs/classifier.md). Latin words are written without accents, as the reader of `features` folds them away.
"""

from types import MappingProxyType
from typing import Final

_GROUPS: Final[dict[str, str]] = {
    "lang": """python python3 javascript js typescript ts tsx jsx java kotlin swift rust golang cpp csharp php ruby perl
        scala haskell lua luau matlab octave sql tsql plsql mysql postgres postgresql sqlite mongodb mongo mariadb dynamodb
        bigquery duckdb snowflake bash zsh powershell html html5 css css3 scss sass xml json jsonl yaml yml toml csv regex vba
        vb dart elixir erlang clojure fortran cobol assembly asm nasm x86 solidity glsl hlsl wgsl verilog vhdl systemverilog
        julia groovy gdscript zig nim ocaml fsharp sas stata apex abap delphi pascal scheme lisp racket prolog wasm
        webassembly markdown latex tex graphql protobuf openapi ini hcl awk sed jq xpath xquery svg ladder plc""",
    "frame": """react angular vue svelte sveltekit nextjs nuxt node nodejs expressjs django flask fastapi springboot
        laravel symfony rails sinatra pandas numpy scipy sklearn scikit matplotlib seaborn plotly polars dask pyspark spark
        hadoop airflow dbt tensorflow pytorch keras jax huggingface langchain llamaindex openai docker dockerfile kubernetes
        k8s kubectl helm terraform ansible jenkins git npm pnpm pip yarn conda webpack vite rollup babel eslint prettier redis
        kafka rabbitmq celery nginx apache aws lambda s3 ec2 rds azure gcp firebase firestore supabase grpc oauth jwt cors
        selenium playwright puppeteer jest vitest mocha pytest unittest junit cypress cucumber gherkin unity unreal godot
        arduino esp32 esp8266 attiny stm32 raspberry raspi ros opencv jquery bootstrap tailwind wordpress woocommerce shopify
        streamlit gradio jupyter colab linux ubuntu debian centos macos wsl systemd cron crontab ssh vim neovim emacs vscode
        intellij xcode android ios flutter swiftui jetpack gradle maven cmake makefile gcc clang llvm cuda opengl webgl
        threejs roblox prisma sqlalchemy hibernate mongoose redux rxjs axios ajax beautifulsoup scrapy pydantic asyncio
        tkinter pyqt pyside qt wpf winforms xaml dotnet aspnet entityframework blazor xamarin ionic electron tauri deno bun
        stripe twilio prometheus grafana elasticsearch kibana splunk datadog sentry github gitlab bitbucket vercel netlify
        heroku cloudflare wireguard iptables haproxy traefik openssl hashicorp istio ggplot dplyr tidyverse shiny simulink
        labview hass openscad freecad metatrader pinescript appscript""",
    "code": """code coding snippet script scripts function functions func methods subroutine classes constructor variable
        variables array arrays strings integer boolean bool tuple tuples dict dictionary hashmap hashtable loop loops
        recursion recursive iterator decorator closure pointer pointers struct enum typedef interface generics lambda async
        await promises callback callbacks threads threading mutex deadlock semaphore socket sockets websocket websockets api
        apis endpoint endpoints sdk cli gui frontend backend fullstack middleware microservice microservices webhook webhooks
        queries subquery database databases schema schemas migration migrations joins dataframe dataframes parser parsers
        compiler interpreter linter repo repository commits branches rebase pr dockerfile manifest ci cd unittest testcase
        mocks fixture stub component components hooks props viewmodel controller routes routing orm crud tokenizer regexp
        boilerplate codebase stdout stdin stderr argv argparse kwargs fizzbuzz leetcode quicksort mergesort heapsort
        bubblesort binarysearch dfs bfs dijkstra linkedlist trie memoization pseudocode refactoring debugging debugger
        breakpoint runtime malloc segfault segmentation concurrency multithreading coroutine coroutines goroutine goroutines
        macro macros vlookup xlookup pivot userscript shader shaders sprite firmware gpio i2c spi uart pwm bytecode opcode
        checksum crawler scraper programm programme programa programas funktion funktionen fonction funcion funcao funzione
        funkcja funktio fonksiyon fungsi skript skripte codigo codice kod kodu koden kode quelltext quellcode klasse klassen
        schleife boucle bucle laco ciclo petla dongu datenbank basededatos bancodedados abfrage requete variabele methode
        metodo metoda algorithmus algoritmo algorithme algorytm algoritma код кода коде функцию функция функции скрипт скрипты
        массив массива класс цикл запрос запроса алгоритм строки строку метод переменная переменную κωδικα κωδικας συναρτηση
        hàm mảng कोड फंक्शन प्रोग्राम الكود كود دالة برنامج سكربت קוד פונקציה""",
    "codeverb": """implement implementing implements refactor refactoring debug debugging compile compiling parse parsing
        serialize deserialize instantiate iterate concatenate dedupe deduplicate lint vectorize parallelize transpile minify
        obfuscate dockerize containerize hotfix inject override overload subclass inherit typecast sanitize hash benchmark
        optimize optimise implementiere implementieren programmiere programmieren refaktoriere debugge implementa implemente
        implementar implementer programmare programmier zaimplementuj реализуй реализовать отладь kodla""",
    "err": """error errors exception exceptions traceback stacktrace undefined null nullpointer nullpointerexception nan
        crash crashes crashed crashing segfault bug bugs buggy fails failing failed broken typeerror valueerror keyerror
        indexerror attributeerror importerror modulenotfounderror syntaxerror runtimeerror nameerror referenceerror unhandled
        timeout timeouts oom crashloopbackoff enoent econnrefused eaddrinuse fehler fehlermeldung absturz erreur erreurs
        plante fallo fallos falla erro erros falha errore errori blad bledy fout ошибка ошибку ошибки hata hatasi hatayi lỗi
        λαθος σφαλμα خطأ त्रुटि fel felmeddelande""",
    "math": """equation equations integral integrals derivative derivatives antiderivative matrix matrices determinant
        eigenvalue eigenvalues eigenvector polynomial polynomials quadratic cubic binomial probability probabilities theorem
        lemma corollary axiom prime primes divisor divisors divisible gcd lcm remainder modulo triangle triangles rectangle
        hypotenuse circle circles radius diameter circumference angle angles perimeter trapezoid pentagon hexagon octagon cube
        sphere cylinder cone tetrahedron polygon sqrt cubed exponent exponents exponential logarithm ln sine cosine tangent
        sin cos tan factorial permutation permutations combination combinations combinatorics variance covariance deviation
        bayes bayesian markov poisson binom gaussian expectation median quartile percentile fraction fractions numerator
        denominator percent percentage percentages ratio ratios proportion proportional sums arithmetic geometric fibonacci
        converge converges convergence divergence asymptote parabola hyperbola ellipse vertex slope intercept coordinate
        coordinates bijective injective surjective homomorphism isomorphic subgroup topology continuous differentiable
        irrational rational modulus induction contradiction contrapositive recurrence dice annuity npv irr amortization
        compounding apr apy gleichung gleichungen wahrscheinlichkeit ableitung dreieck kreis winkel prozent summe zinsen
        flache umfang bruch wurzel primzahl teilbar equacao equacoes ecuacion ecuaciones equazione equazioni probabilite
        probabilidad probabilidade probabilita prawdopodobienstwo sannolikhet sannolikheten olasilik olasiligi triangulo
        triangolo trojkat ucgen cercle circulo cerchio angulo angolo porcentaje porcentagem percentuale pourcentage procent
        procenten derivada derivee derivata integrale rownanie denklem denklemi вероятность уравнение уравнения треугольник
        треугольника процент процентов сумма сумму производную интеграл εξισωση πιθανοτητα احتمال معادلة समीकरण प्रायिकता""",
    "mathverb": """solve prove disprove calculate compute integrate differentiate derive simplify factorize factorise
        maximize maximise minimize minimise approximate extrapolate interpolate deduce infer beweise beweis berechne berechnen
        loese ermittle vereinfache resuelve resolver demuestra demostrar calcula calcular resolva demonstre calcule calculer
        resous resoudre demontre demontrer risolvi dimostra calcola calcolare rozwiaz udowodnij oblicz wykaz bevisa berakna
        bereken bewijs coz kanitla hesapla ispatla реши решите решить докажи доказать докажите вычисли найди вычислить
        посчитай buktikan hitung hitunglah selesaikan tinh giai λυσε αποδειξε υπολογισε احسب أثبت हल सिद्ध""",
    "logic": """puzzle puzzles riddle riddles paradox syllogism premise premises fallacy fallacious logically logical
        validity implies iff necessarily consistent inconsistent knights knaves knave liar liars truthful truthteller lying
        suspects culprit guilty innocent alibi prisoners hats sudoku seating seated arrangement nash equilibrium equilibria
        minimax zugzwang counterexample hypothesis nullhypothesis deduction inductive feasible infeasible decidable
        undecidable reducible np tautology satisfiable ratsel logik enigme acertijo enigma indovinello zagadka gata bilmece
        raadsel teka загадка логика rompecabezas truthfully lugner menteur mentiroso""",
    "phys": """velocity acceleration accelerates decelerates force mass kg joule joules newton newtons voltage volts volt
        resistor resistors resistance ohm ohms amps ampere capacitor inductor momentum kinetic gravity gravitational friction
        torque pendulum projectile collision elastic wavelength photon photons electron electrons proton neutron orbit orbital
        kepler relativity entropy enthalpy thermodynamics adiabatic isothermal pressure pascal buoyancy density viscosity
        refraction lens focal mole moles molar molarity molality titration stoichiometry pka redox oxidation electrolysis
        isotope halflife decay radioactive genotype phenotype punnett allele alleles heterozygous dominant recessive
        chromosome mitosis geschwindigkeit beschleunigung kraft vitesse velocidad velocidade velocita predkosc hastighet
        snelheid скорость ускорение сила массa hiz ivme""",
    "quant": """twice thrice double doubled triple tripled half halves thirds each per total altogether remaining
        leftover cost costs costing price priced paid pays earns earned spent spends saved sells sold bought mph kmh km miles
        meters metres feet liters litres gallons hours minutes dollars euros pounds cents older younger times faster slower
        cheaper jeweils insgesamt zusammen doppelt halfte chacun combien cuantos cuantas cuanto quantos quantas quanto quante
        quanti ile ilu hoeveel wieviele wieviel сколько kac berapa""",
    "write": """write draft compose rewrite rephrase reword paraphrase proofread summarize summarise summary shorten
        condense polish craft brainstorm jot formulate redact ghostwrite schreib schreibe schreiben verfasse verfassen
        formuliere formulieren entwirf umformulieren fasse zusammenfassen zusammenfassung kurze korrigiere ecris ecrire
        ecrivez redige rediger reformule resume resumer resumé traduis corrige escribe escribir escribeme redacta redactar
        resumir resumen reescribe escreva escrever escreve redija resuma reescreva scrivi scrivere scrivimi riassumi riscrivi
        correggi schrijf herschrijf skriv skriva sammanfatta omformulera napisz napisac przeredaguj stresc strescic popraw
        напиши написать напишите перефразируй перепиши сократи составь сочини сформулируй napis yaz yazar yazin ozetle duzenle
        tulis tuliskan buatkan ringkas viet soan γραψε συνοψισε اكتب لخص صغ लिखो लिखें लिखिए כתוב סכם scrie rezuma kirjoita
        tiivista irj foglald напишіть скороти""",
    "genre": """essay essays poem poems poetry story stories tale email emails mail letter blog post posts article
        articles speech toast song lyrics haiku limerick sonnet ballad rap verse headline headlines slogan slogans tagline
        taglines caption captions bio biography resume cv memo proposal review reviews blurb newsletter announcement eulogy
        obituary vows invitation apology monologue dialogue screenplay novel novella plot backstory roleplay itinerary agenda
        outline brochure flyer leaflet pitch slides presentation listing description descriptions testimonial linkedin
        instagram tweet thread tiktok facebook podcast transcript paragraph paragraphs intro introduction thesis dissertation
        abstract guidelines questionnaire survey questions aufsatz gedicht geschichte rede lied bewerbung anschreiben absage
        einladung elternbrief rundmail texte beitrag artikel gliederung lettre lettres courriel poeme histoire discours
        chanson annonce carta correo poema cuento historia discurso cancion articulo anuncio texto textos musica artigo
        convite lettera poesia storia racconto discorso canzone articolo annuncio testo verhaal toespraak stukje berattelse
        dikt wiersz opowiadanie przemowienie ogloszenie письмо стих стихотворение рассказ сказку сказка текст речь эссе статью
        поздравление siir hikaye mektup metin metni konusma surat puisi cerita pidato tho truyen γραμμα ποιημα ιστορια رسالة
        قصيدة قصة مقال कविता कहानी पत्र निबंध מכתב שיר""",
    "analyse": """explain explaining describe compare comparing comparison contrast analyze analyse analysis discuss
        evaluate assess critique interpret elaborate pros cons advantages disadvantages difference differences implications
        impact impacts effects influence consequences significance importance causes strategy strategies trends perspective
        perspectives arguments argue debate overview insights benefits drawbacks tradeoffs tradeoff opinions ethics ethical
        philosophy erklare erklar erklaren erlautere vergleiche vergleich unterschied unterschiede vorteile nachteile bewerte
        analysiere beschreibe auswirkungen folgen explique expliquer expliquez avantages inconvenients decris explica
        explicame explicar compara diferencia diferencias ventajas desventajas analiza diferenca diferencas vantagens
        desvantagens analise spiega spiegami spiegare confronta differenza differenze vantaggi svantaggi descrivi analizza
        uitleggen verschil voordelen nadelen forklara skillnad jamfor fordelar wyjasnij wytlumacz porownaj roznica zalety wady
        opisz объясни объясните сравни разница опиши преимущества недостатки поясни acikla karsilastir fark avantajlari
        jelaskan bandingkan perbedaan kelebihan εξηγησε συγκρινε اشرح قارن समझाओ समझाइए तुलना הסבר השווה vysvetli selita
        magyarazd""",
    "advice": """should advice advise recommend recommendation recommendations suggest suggestion suggestions tips tip
        ideas idea worth choose choosing avoid deal cope prepare persuade convince motivate organize planning beginners
        beginner guide routine habits tipps ratschlage rat empfehlen empfehlung empfiehlst vorschlage ideen soll sollte lohnt
        conseils conseil conseille idees devrais vaut recommande consejos consejo recomiendas recomiendame deberia conviene
        dicas conselho recomenda devo vale sugestoes ideias consigli consiglio consigliami idee dovrei adviezen rad rady
        porady pomysly polec warto советы совет посоветуй идеи стоит подскажи oneri oneriler tavsiye fikir saran rekomendasi
        ide nen συμβουλες προτεινε نصائح اقترح सुझाव सलाह""",
    "wh": """what who whom whose when where which whats wheres whos whens wer wann wo welche welcher welches quel quelle
        quels quelles quand cual cuales quien cuando donde qual quais quem quando onde dove quale wie wanneer waar welk vad
        vem nar vilken kto kiedy jaki jaka jakie ktory ktora что кто когда где какой какая какое какие який хто коли де nerede
        hangi apa siapa kapan dimana dokąd dau τι ποιος ποια ποτε που ما من متى أين क्या कौन कब कहाँ मी मה מי מתי hva hvem
        hvor mika kuka missa hol cine unde cand""",
    "fact": """capital population tall tallest highest longest largest biggest smallest deepest fastest oldest invented
        inventor founder author wrote painted born president king queen countries continent currency anthem planet planets
        ocean river mountain chemical symbol boiling freezing melting located abbreviation acronym stand stands synonym
        antonym plural spell spelled spelling pronounce pronounced definition define meaning translate translation conversion
        ounces celsius fahrenheit teaspoons tablespoons timezone hauptstadt einwohner hochste langste grosste erfunden
        gestorben geboren bedeutet heisst ubersetze bedeutung buchstabiert capitale habitants invente signifie traduire
        traduction orthographe habitantes altura invento significa traduce traduccion traduza traducao abitanti significato
        traduci hoofdstad inwoners betekent vertaal huvudstad betyder oversatt stolica ludnosc znaczy przetlumacz столица
        население означает значит переведи перевод baskenti nufusu demek cevir ibukota penduduk artinya terjemahkan πρωτευουσα
        σημαινει عاصمة معنى राजधानी मतलब בירה""",
    "greet": """hi hello hey hiya heya howdy yo sup wassup greetings afternoon goodnight goodbye bye cya hallo hallochen
        moin servus gruss tschuss guten hola buenas buenos adios bonjour bonsoir salut coucou revoir ciao buongiorno buonasera
        salve arrivederci ola oi bom boa tchau hoi dag hej hei czesc dzien witaj siema привет здравствуйте здравствуй добрый
        пока привіт merhaba selam gunaydin halo hai selamat xin chao καλημερα γεια مرحبا السلام أهلا नमस्ते हैलो שלום ahoj
        dobry szia buna sziasztok terve moi sawubona namaste salam""",
    "thanks": """thanks thank thx ty tysm cheers appreciate appreciated grateful welcome danke dankeschon gracias merci
        obrigado obrigada grazie bedankt dank tack takk dzieki dziekuje спасибо дякую tesekkurler tesekkur sagol terima kasih
        ευχαριστω شكرا धन्यवाद शुक्रिया תודה dekuji kiitos koszonom multumesc""",
    "ack": """ok okay okey yes yep yeah yup nope nah lol haha hahaha lmao wow hmm hm huh oops nevermind sure cool perfect
        awesome agreed ja nein oui evet hayir genau klar stimmt vale listo claro bueno sounds""",
    "chat": """you your yourself u ur bot robot joke jokes bored hobbies chatbot siri alexa""",
    "faq": """refund refunds return returns exchange shipping ship delivery deliver delivered parcel package courier
        tracking opening open hours closed close password username login reset account invoice invoices receipt billing billed
        charged charge payment payments subscription subscriptions trial upgrade downgrade warranty guarantee coupon voucher
        discount promo gift store shop shops parking wifi wheelchair pets checkin checkout membership member support customer
        service hotline contact phone address stock sizes size colour color allergens vegan menu ticket tickets seats seat
        luggage baggage boarding gate ruckgabe versand lieferung geoffnet offnungszeiten passwort konto rechnung kundigen
        garantie gutschein livraison remboursement ouvert horaires compte facture abonnement envio envios devolucion
        devoluciones horario abierto contrasena cuenta factura suscripcion entrega devolucao aberto senha conta fatura
        assinatura consegna spedizione rimborso reso orari aperto fattura abbonamento bezorging retour openingstijden
        wachtwoord leverans retur oppet losenord wysylka zwrot godziny haslo доставка возврат пароль аккаунт счет kargo iade
        sifre hesap pengiriman akun αποστολη παραδοση שילוח شحن توصيل इस्तेमाल""",
    "act": """book schedule reschedule reserve remind send forward call dial order buy purchase post publish tweet upload
        download uninstall dim mute unmute pause delete search browse google monitor notify ping sync cancel pay transfer
        submit register unsubscribe subscribe invite move rename archive scrape crawl deploy navigate click backup restart
        reboot provision disconnect coordinate assign escalate approve rsvp renew buche buchen reserviere erinnere schick
        schicke sende sendet suche finde bestelle bestellen stelle schalte spiele trage storniere verschiebe lade offne prufe
        uberprufe uberwache informiere envoie envoyer cherche chercher trouve commande rappelle ajoute allume eteins joue
        annule verifie telecharge ouvre surveille previens envia enviar busca buscar compra pide recuerdame anade agrega
        enciende apaga reproduce cancela revisa comprueba descarga abre avisame agende envie mande procure busque compre
        lembre lembra coloque adicione ligue desligue toque cancele verifique baixe abra avise marque prenota invia manda
        cerca ordina ricordami metti aggiungi accendi spegni riproduci annulla controlla scarica apri avvisami fissa boek
        stuur zoek bestel herinner voeg annuleer controleer boka skicka sok bestall paminn satt lagg avboka kolla zarezerwuj
        wyslij znajdz zamow przypomnij ustaw dodaj wlacz wylacz odtworz anuluj sprawdz pobierz umow забронируй отправь найди
        закажи напомни поставь добавь включи выключи отмени проверь скачай запиши купи перешли створи замов надішли rezerve
        gonder bul ara siparis hatirlat ayarla ekle ac kapat iptal kontrol indir pesan kirim carikan cari ingatkan setel
        tambahkan nyalakan matikan putar batalkan cek unduh gui tim nhac them tat huy tai κλεισε στειλε βρες παραγγειλε θυμισε
        احجز أرسل ابحث ذكرني شغل ضع أضف بحث बुक भेजो ढूंढो याद लगाओ खोजो הזמן שלח חפש הזכר rezerva trimite cauta varaa laheta
        etsi foglalj kuldj keress rezervuj posli najdi objednej""",
    "object": """calendar inbox alarm alarms reminder reminders timer meeting meetings appointment appointments flight
        flights hotel hotels airbnb restaurant restaurants uber lyft taxi cab train slack jira trello asana notion confluence
        zoom gmail outlook dropbox onedrive sharepoint spreadsheet spreadsheets sheets crm salesforce hubspot zendesk playlist
        spotify youtube netflix lights lamp lamps thermostat blinds tv speaker speakers vacuum website websites webpage sites
        browser tabs url urls folders pdfs screenshot screenshots dashboard cart basket contacts channels standup kanban
        backlog sprint vm servers airtable zapier quickbooks whatsapp telegram sms kalender termin termine wecker erinnerung
        flug fluge tisch zug postfach ordner datei dateien licht lampe heizung agenda rendezvous rendez vols fichier fichiers
        dossier lumiere lumieres chauffage reveil minuteur calendario cita citas vuelo vuelos mesa tren archivo archivos
        carpeta luz luces calefaccion alarma bandeja compromisso voo voos trem arquivo arquivos luzes aquecimento alarme
        appuntamento volo voli tavolo treno cartella luci riscaldamento sveglia promemoria afspraak vlucht vluchten
        verlichting wekker mote flyg bord mapp lampor larm kalendarz spotkanie loty stolik pociag plik pliki swiatlo budzik
        календарь встречу встреча рейс билет билеты столик поезд файл файлы папку свет будильник почту таблицу takvim toplanti
        ucus ucak masa dosya klasor isik rapat penerbangan meja berkas lampu lich tep den ημερολογιο ραντεβου πτηση τραπεζι
        تقويم موعد رحلة طاولة ملف कैलेंडर मीटिंग फ्लाइट टिकट अलार्म יומן פגישה טיסה""",
    "fresh": """latest today todays tonight now currently breaking news weather forecast stocks standings nearest nearby
        tomorrow yesterday heute morgen aktuell aktuelle aktuellen wetter nachrichten aujourd demain actuel actuelle meteo hoy
        manana tiempo noticias hoje amanha atual oggi domani attuale vandaag imorgon dzisiaj dzis jutro pogoda сегодня завтра
        погода курс bugun yarin hava guncel besok cuaca σημερα αυριο καιρος اليوم غدا الطقس आज कल मौसम היום מחר""",
    "when": """monday tuesday wednesday thursday friday saturday sunday tue tues wed thu thurs fri weekday weekend noon
        midnight pm oclock week weekly daily hourly monthly every january february april june july august september october
        november december montag dienstag mittwoch donnerstag freitag samstag sonntag uhr wochenende jeden lundi mardi
        mercredi jeudi vendredi samedi dimanche chaque lunes martes miercoles jueves viernes sabado domingo cada segunda terca
        quarta quinta sexta lunedi martedi mercoledi giovedi venerdi domenica ogni maandag dinsdag woensdag donderdag vrijdag
        zaterdag zondag elke mandag tisdag onsdag torsdag fredag lordag sondag varje poniedzialek wtorek sroda czwartek piatek
        sobota niedziela понедельник вторник среду четверг пятницу субботу воскресенье pazartesi sali carsamba persembe cuma
        cumartesi pazar senin selasa rabu kamis jumat sabtu minggu""",
    "then": """then afterwards finally next once after lastly subsequently whenever dann danach anschliessend
        schliesslich sobald wenn ensuite puis enfin apres des luego despues finalmente entonces cuando depois entao assim poi
        dopo infine quindi appena daarna vervolgens zodra sedan darefter potem nastepnie потом затем после sonra ardindan lalu
        kemudian setelah roi μετα επειτα ثم بعد फिर बाद""",
    "self": """my mine our ours me mein meine meinen meiner meinem unser unsere unseren mes notre nos mis nuestro nuestra
        meu minha meus minhas nosso nossa mio mia miei mie nostro nostra mijn onze mina mitt moj moja moje moim nasz nasza мой
        моя мою моё мне мои наш нашу benim bana bizim kami لي मेरा मेरी मेरे मुझे שלי""",
    "these": """this below following above attached here dieser diese dieses diesen folgende folgenden ce cette ces
        suivant suivante este esta estos estas siguiente seguinte esse essa isto questo questa questi seguente deze dit
        volgende denna detta foljande nastepujacy этот эту это эти berikut nay sau αυτο هذا هذه यह इस""",
    "food": """recipe recipes cook cooking bake baking oven dish dinner lunch breakfast meal meals ingredients flour
        butter sugar chicken pasta rice soup salad sauce cake bread vegetarian rezept kochen backen recette cuisiner receta
        cocinar receita cozinhar ricetta cucinare recept przepis рецепт tarif resep""",
    "life": """boss manager colleague coworker husband wife boyfriend girlfriend partner mother father mom dad mum
        parents kid kids son daughter child children teenager baby students school college university landlord tenant
        neighbour neighbor roommate wedding anniversary funeral career startup marketing brand audience employees employee
        workshop health doctor diet anxiety stress workout exercise travel vacation holiday""",
    "do": """find check open start run look set add turn update pull push fetch export copy sort fill switch remove
        install collect stop get use put save make share read show keep list compare go take""",
    "apps": """calendar inbox alarm alarms reminder reminders timer playlist spotify slack jira trello asana notion
        confluence gmail outlook dropbox onedrive sharepoint airtable zapier crm salesforce hubspot zendesk quickbooks
        whatsapp telegram uber lyft thermostat vacuum appointment appointments kalender wecker agenda calendario promemoria
        takvim dashboard kanban portal newsletter""",
    "place": """file files folder folders drive directory desktop server link links logs log tab issue issues ticket
        staging prod production bucket cluster sheet spreadsheet website site page repo attachment attached screenshot pdf csv
        account channel database door light heating""",
    "codish": """program programs print prints row rows column columns header headers token tokens const def output
        outputs input inputs button buttons module modules index grid nested append width height div loading unique src env
        cache http https localhost connection excel command commands values default select path tests test pointer memory page
        element elements items key keys type types object objects parameter parameters argument arguments return returns
        returned line lines syntax compile runtime terminal console url json import imports export package packages library
        libraries version install installed config settings file table tables field fields data dataset model models train
        server client request requests response user users app apps plugin sheet sheets formula cell cells string class method
        query join merge commit branch thread int float hook state render update""",
    "sums": """chance chances average odds minus plus coin coins cm mm ml seconds degrees likely unlikely sequence
        together distance speed height weight weighs weigh digit digits even odd number numbers square root consecutive ways
        possible minimum maximum least exactly fair independently replacement bag balls marbles cards deck urn expected steps
        difference product sum age ages worth length longer shorter heavier lighter discount tax rate interest loan mortgage
        profit loss share split divided multiplied times total value values probability first second third quarter litre
        litres liter m l g kg km row rows people friends days pair pairs""",
    "style": """tone formal informal polite politely friendly professional persuasive funny concise shorter longer warmer
        sentences sentence words paragraph paragraphs version versions draft style voice title titles bullet bullets grammar
        spelling typos simple plain honest feedback improve better catchy wording word sounds sound wordy tonality characters
        character text texts page pages report copy post letter notice statement scene policy cover""",
    "human": """people society history culture century war religion politics political philosophy economy economics media
        film films movie movies book books novel novels author art artist music song band theatre museum poetry church council
        government law rights education children parents women men power money world country countries nation nations empire
        revolution ancient medieval modern tradition traditions festival language languages identity freedom justice climate
        environment energy technology science""",
    "home": """home house flat apartment kitchen bathroom bedroom room roof wall floor sofa carpet clothes shoes shirt
        dress hair skin face body back knee headache pain cold sleep water coffee tea wine beer bread cheese meat fish egg
        eggs milk sugar salt oil pan pot fridge freezer plant plants flowers tree trees lawn soil birds dog dogs cat cats
        puppy pet pets horse car bike bicycle boat winter summer weather party gift present budget money flight hotel visit
        weekend city town village beach mountains hike hiking camping trip holiday neighbour neighbor friend friends family""",
    "work": """team teams job jobs client clients customer customers company companies business boss colleague manager
        startup product products brand sales marketing strategy campaign presentation meeting meetings office remote staff
        employee employees hiring candidate resume portfolio project projects stakeholders investors budget deadline goals kpi
        revenue growth market competitors ngo charity school class course lesson students teacher university thesis exam
        homework""",
}  # fmt: skip


def _entries() -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for group, words in _GROUPS.items():
        for word in words.split():
            out[word] = (*out.get(word, ()), group)
    return out


GROUPS_OF: Final = MappingProxyType(_entries())
GROUPS: Final = tuple(_GROUPS)

# Scripts without blanks between words: the groups are found by substring.
_UNSPACED: Final[dict[str, str]] = {
    "code": """""",
    "err": """""",
    "codeverb": """""",
    "math": """""",
    "mathverb": """""",
    "logic": """""",
    "quant": """""",
    "write": """""",
    "genre": """""",
    "analyse": """""",
    "advice": """""",
    "wh": """""",
    "fact": """""",
    "greet": """""",
    "thanks": """""",
    "faq": """""",
    "act": """""",
    "object": """""",
    "fresh": """""",
    "then": """""",
    "self": """""",
}  # fmt: skip

UNSPACED: Final = MappingProxyType({word: group for group, words in _UNSPACED.items() for word in words.split()})
